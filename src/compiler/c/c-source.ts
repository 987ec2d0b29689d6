/**
 * The text of a C program for the functions of a module, with the vector types of GCC and Clang, and an entry for
 * Node-API. Addresses count from the start of the program's part of the memory, so that the text does not depend on
 * where that is; in 64 bits, so that the compiler can put their sums together.
 */
import type { Code, ConstantOp, Expr, Kind, PlainOp, StoreOp } from '../emit/code.ts'
import type { VectorUnit } from '../emit/layout.ts'
import { runsOf, type ModuleFunctions } from '../emit/module.ts'

const TYPES: Readonly<Record<Kind, string>> = { i32: 'int64_t', f32: 'float', v128: 'vf' }

/** A float32 as C reads it. */
const float = (value: number): string => {
  if (Number.isNaN(value)) return '__builtin_nanf("")'
  if (!Number.isFinite(value)) return value > 0 ? '__builtin_inff()' : '(-__builtin_inff())'
  const text = Object.is(value, -0) ? '-0' : String(Math.fround(value))
  const literal = /[.e]/.test(text) ? `${text}f` : `${text}.0f`
  return text.startsWith('-') ? `(${literal})` : literal
}

/** A lane of 32 bits: C has no literal for the smallest integer. */
const int = (value: number): string => ((value | 0) === -0x80000000 ? '(-2147483647 - 1)' : `(${value | 0})`)

const infix =
  (operator: string) =>
  ([a, b]: readonly string[]): string =>
    `(${a} ${operator} ${b})`

/** An operator on the bits or the integers of vectors. */
const onInts =
  (operator: string) =>
  ([a, b]: readonly string[]): string =>
    `F(I(${a}) ${operator} I(${b}))`

const compared =
  (operator: string) =>
  ([a, b]: readonly string[]): string =>
    `F(${a} ${operator} ${b})`

const calling =
  (name: string) =>
  (args: readonly string[]): string =>
    `${name}(${args.join(', ')})`

const notWritten = (op: string) => (): never => {
  throw new Error(`internal error: ${op} is not written in C`)
}

const PLAIN: Readonly<Record<PlainOp, (args: readonly string[]) => string>> = {
  'i32.add': infix('+'),
  'i32.sub': infix('-'),
  'i32.mul': infix('*'),
  'i32.and': infix('&'),
  'i32.or': infix('|'),
  'i32.shl': infix('<<'),
  'i32.eq': infix('=='),
  'i32.ne': infix('!='),
  'i32.ltU': infix('<'),
  'i32.geU': infix('>='),
  'i32.ctz': notWritten('i32.ctz'),
  'i32.popcnt': notWritten('i32.popcnt'),
  'f32.ne': infix('!='),
  'f32.lt': infix('<'),
  'f32.gt': infix('>'),
  'f32.add': infix('+'),
  'v128.not': ([a]) => `F(~I(${a}))`,
  'v128.and': onInts('&'),
  'v128.or': onInts('|'),
  'v128.xor': onInts('^'),
  'v128.select': calling('either'),
  'f32x4.splat': calling('splat'),
  'f32x4.eq': compared('=='),
  'f32x4.ne': compared('!='),
  'f32x4.lt': compared('<'),
  'f32x4.gt': compared('>'),
  'f32x4.le': compared('<='),
  'f32x4.ge': compared('>='),
  'f32x4.ceil': calling('ceiling'),
  'f32x4.floor': calling('floored'),
  'f32x4.trunc': calling('truncated'),
  'f32x4.nearest': calling('nearest'),
  'f32x4.abs': calling('size'),
  'f32x4.neg': ([a]) => `F(I(${a}) ^ ${int(-0x80000000)})`,
  'f32x4.sqrt': calling('root'),
  'f32x4.add': infix('+'),
  'f32x4.sub': infix('-'),
  'f32x4.mul': infix('*'),
  'f32x4.div': infix('/'),
  'f32x4.min': calling('smaller'),
  'f32x4.max': calling('larger'),
  'f32x4.fromInts': ([a]) => `__builtin_convertvector(I(${a}), vf)`,
  'i32x4.splat': ([a]) => `F(splatInt((int32_t)${a}))`,
  'i32x4.eq': onInts('=='),
  'i32x4.ne': onInts('!='),
  'i32x4.lt': onInts('<'),
  'i32x4.gt': onInts('>'),
  'i32x4.le': onInts('<='),
  'i32x4.ge': onInts('>='),
  'i32x4.abs': ([a]) => `F(absInt(I(${a})))`,
  'i32x4.neg': ([a]) => `F(-I(${a}))`,
  'i32x4.add': onInts('+'),
  'i32x4.sub': onInts('-'),
  'i32x4.mul': onInts('*'),
  'i32x4.min': ([a, b]) => `F(smallerInt(I(${a}), I(${b})))`,
  'i32x4.max': ([a, b]) => `F(largerInt(I(${a}), I(${b})))`,
  'i32x4.fromFloats': ([a]) => `F(toInts(${a}))`,
  'i8x16.ne': notWritten('i8x16.ne'),
  'i8x16.bitmask': notWritten('i8x16.bitmask'),
  'i32.atomicLoad': notWritten('i32.atomicLoad'),
  'i32.atomicAdd': notWritten('i32.atomicAdd'),
  'i32.atomicWait': notWritten('i32.atomicWait'),
}

/** What is in memory at an address. */
const at = (type: string, address: string, offset: number): string =>
  `AT(${type}, ${offset === 0 ? address : `${address} + ${offset}`})`

const shifted =
  (type: string, operator: string) =>
  ([a]: readonly string[], by: number): string =>
    `F((${type})(${a}) ${operator} ${by})`

const WITH_CONSTANT: Readonly<Record<ConstantOp, (args: readonly string[], constant: number) => string>> = {
  'i32.const': (_, value) => `${value}l`,
  'f32.const': (_, value) => float(value),
  'f32x4.const': (_, value) => `splat(${float(value)})`,
  'i32x4.const': (_, value) => `F(splatInt(${int(value)}))`,
  'i32.load': ([address], offset) => `(int64_t)${at('u32', address!, offset)}`,
  'i32.loadPointer': ([address], offset) => `((int64_t)${at('u32', address!, offset)} - start)`,
  'i32.load8U': ([address], offset) => `(int64_t)${at('uint8_t', address!, offset)}`,
  'f32.load': ([address], offset) => at('float', address!, offset),
  'v128.load': ([address], offset) => at('vf', address!, offset),
  'v128.loadSplat': ([address], offset) => `splat(${at('float', address!, offset)})`,
  'i32x4.shl': shifted('vu', '<<'),
  'i32x4.shrS': shifted('vi', '>>'),
  'i32x4.shrU': shifted('vu', '>>'),
}

const STORE: Readonly<Record<StoreOp, (address: string, offset: number, value: string) => string>> = {
  'i32.store': (address, offset, value) => `${at('u32', address, offset)} = (uint32_t)${value};`,
  'f32.store': (address, offset, value) => `${at('float', address, offset)} = ${value};`,
  'v128.store': (address, offset, value) => `${at('vf', address, offset)} = ${value};`,
  'v128.storeFirst': (address, offset, value) => `${at('float', address, offset)} = (${value})[0];`,
  'i32.atomicStore': notWritten('i32.atomicStore'),
}

const eachLane = (lanes: number, of: (lane: number) => number | string): string =>
  Array.from({ length: lanes }, (_, lane) => of(lane)).join(', ')

const isList = (code: Code): code is readonly Code[] => Array.isArray(code)

/** Writes statements and values as C, for vectors with this number of lanes. */
const writer = (lanes: number) => {
  const valueOf = (expr: Expr): string => {
    if ('index' in expr) return `l${expr.index}`
    if (expr.op === 'i32x4.places') return `F((vi){${eachLane(lanes, lane => lane)}})`
    if ('count' in expr) return `F((vi){${eachLane(lanes, lane => (lane < expr.count ? -1 : 0))}})`
    const args = expr.args.map(valueOf)
    if ('name' in expr) return `${expr.name}_(${args[0]})`
    if (expr.op === 'f32x4.min' || expr.op === 'f32x4.max') {
      // a constant, which is no NaN and not -0, needs fewer steps
      const place = expr.args.findIndex(arg => arg.op === 'f32x4.const' && !Object.is(arg.constant, -0))
      const name = expr.op === 'f32x4.min' ? 'smallerThanConstant' : 'largerThanConstant'
      if (place !== -1) return `${name}(${args[place]}, ${args[1 - place]})`
    }
    if ('by' in expr)
      return `SHUFFLE(${args[0]}, ${args[0]}, ${eachLane(lanes, lane => (lane + expr.by) % lanes)})`
    if ('places' in expr) return `SHUFFLE(${args[0]}, ${args[1]}, ${expr.places.join(', ')})`
    return 'constant' in expr ? WITH_CONSTANT[expr.op](args, expr.constant) : PLAIN[expr.op](args)
  }
  const textOf = (code: Code): string => {
    if (isList(code)) return code.map(textOf).join('')
    switch (code.do) {
      case 'set':
        return `l${code.index} = ${valueOf(code.value)};\n`
      case 'store':
        return `${STORE[code.op](valueOf(code.address), code.offset, valueOf(code.value))}\n`
      case 'if':
        return `if (${valueOf(code.condition)}) {\n${textOf(code.then)}}\n`
      case 'repeat':
        return `do {\n${textOf(code.body)}} while (${valueOf(code.condition)});\n`
      case 'call':
        return `if (f${code.index}(memory, start)) return 1;\n`
      case 'barrier':
        return 'if (waited(team)) return 1;\n'
      case 'copy':
        return `memmove(memory + ${valueOf(code.to)}, memory + ${valueOf(code.from)}, ${valueOf(code.bytes)});\n`
      case 'clear':
        return `memset(memory + ${valueOf(code.address)}, 0, ${valueOf(code.bytes)});\n`
      case 'trap':
        return 'return 1;\n'
      case 'keep':
        return `__asm__ volatile("" : : "r"(${valueOf(code.value)}));\n`
    }
  }
  return { textOf, valueOf }
}

/** Types, and the operations that C does not have. Where a number is NaN, or a zero has a sign, they do as WebAssembly. */
const preamble = (lanes: number): string => `#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef float vf __attribute__((vector_size(${4 * lanes}), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(${4 * lanes}), aligned(4), may_alias));
typedef uint32_t vu __attribute__((vector_size(${4 * lanes}), aligned(4), may_alias));
typedef uint32_t u32 __attribute__((may_alias));

#define F(...) ((vf)(__VA_ARGS__))
#define I(...) ((vi)(__VA_ARGS__))
#define AT(type, address) (*(type *)(memory + (address)))
#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (vi){__VA_ARGS__})
#endif
#define INLINE static inline __attribute__((always_inline))

INLINE vf splat(float x) { return (vf){${eachLane(lanes, () => 'x')}}; }
INLINE vi splatInt(int32_t x) { return (vi){${eachLane(lanes, () => 'x')}}; }
INLINE vf either(vf a, vf b, vf mask) { return F((I(a) & I(mask)) | (I(b) & ~I(mask))); }
INLINE vi eitherInt(vi a, vi b, vi mask) { return (a & mask) | (b & ~mask); }
INLINE vi smallerInt(vi a, vi b) { return eitherInt(a, b, a < b); }
INLINE vi largerInt(vi a, vi b) { return eitherInt(a, b, a > b); }
INLINE vi absInt(vi a) { return eitherInt(-a, a, a < 0); }
INLINE vf ordered(vf chosen, vf a, vf b) { return either(chosen, a + b, F((a == a) & (b == b))); }
INLINE vf smaller(vf a, vf b) { return ordered(either(F(I(a) | I(b)), either(a, b, F(a < b)), F(a == b)), a, b); }
INLINE vf smallerThanConstant(vf c, vf a) { return either(c, a, F(c < a)); }
INLINE vf largerThanConstant(vf c, vf a) { return either(c, a, F(c >= a)); }
INLINE vf larger(vf a, vf b) { return ordered(either(F(I(a) & I(b)), either(a, b, F(a > b)), F(a == b)), a, b); }
INLINE vf root(vf a) {
  float lane[${lanes}];
  memcpy(lane, &a, sizeof a);
  for (int i = 0; i < ${lanes}; i++) lane[i] = __builtin_sqrtf(lane[i]);
  memcpy(&a, lane, sizeof a);
  return a;
}
INLINE vf withSign(vf a, vf sign) { return F(I(a) | (I(sign) & ${int(-0x80000000)})); }
INLINE vf size(vf a) { return F(I(a) & 0x7fffffff); }
/* 2^23 has no room for a fraction; a number of that size, and NaN, is its own answer */
INLINE vf nearest(vf a) {
  vf rounded = (size(a) + 8388608.0f) - 8388608.0f;
  return either(withSign(rounded, a), a, F(size(a) < 8388608.0f));
}
INLINE vf floored(vf a) {
  vf n = nearest(a);
  return either(n - 1.0f, n, F(n > a));
}
INLINE vf ceiling(vf a) {
  vf n = nearest(a);
  return withSign(either(n + 1.0f, n, F(n < a)), a);
}
INLINE vf truncated(vf a) { return withSign(floored(size(a)), a); }
INLINE vi toInts(vf a) {
  vi big = a >= 2147483648.0f;
  vf inside = F(I(larger(a, splat(-2147483648.0f))) & (a == a) & ~big);
  return __builtin_convertvector(inside, vi) | (big & 0x7fffffff);
}
`

/** Threads that wait for each other. They spin: the next of them mostly comes within a microsecond. */
const TEAM = `
#if defined(__x86_64__) || defined(__i386__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() ((void)0)
#endif

struct team { int size, arrived, turn, stopped; };

/* A scheduler may keep all threads on one core, where they would wait for each other in turns: each gets one of its own while the steps run. */
#ifdef __linux__
typedef cpu_set_t cores;
static int spread(pthread_t *threads, int size, cores *before) {
  int core = sched_getcpu();
  if (core < 0 || sched_getaffinity(0, sizeof *before, before) != 0 || CPU_COUNT(before) < size || !CPU_ISSET(core, before)) return 0;
  threads[0] = pthread_self();
  for (int i = 0; i < size; i++, core = (core + 1) % CPU_SETSIZE) {
    while (!CPU_ISSET(core, before)) core = (core + 1) % CPU_SETSIZE;
    cores own;
    CPU_ZERO(&own);
    CPU_SET(core, &own);
    pthread_setaffinity_np(threads[i], sizeof own, &own);
  }
  return 1;
}
static void gather(cores *before) { sched_setaffinity(0, sizeof *before, before); }
#else
typedef int cores;
static int spread(pthread_t *threads, int size, cores *before) { return 0; }
static void gather(cores *before) {}
#endif

/* whether the team has stopped */
static int waited(struct team *team) {
  int turn = __atomic_load_n(&team->turn, __ATOMIC_ACQUIRE);
  if (__atomic_add_fetch(&team->arrived, 1, __ATOMIC_ACQ_REL) == team->size) {
    __atomic_store_n(&team->arrived, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&team->turn, turn + 1, __ATOMIC_RELEASE);
  } else
    for (int spins = 0; __atomic_load_n(&team->turn, __ATOMIC_ACQUIRE) == turn; spins++) {
      if (__atomic_load_n(&team->stopped, __ATOMIC_RELAXED)) return 1;
      if (spins < 2000) PAUSE();
      else sched_yield();
    }
  return __atomic_load_n(&team->stopped, __ATOMIC_RELAXED);
}
`

/** The part of Node-API that is used, declared here: its headers need not be installed. */
const entry = (runs: readonly number[], rows: number): string => `
typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
extern int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
extern int napi_get_arraybuffer_info(napi_env, napi_value, void **, size_t *);
extern int napi_get_value_int64(napi_env, napi_value, int64_t *);
extern int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
extern int napi_get_boolean(napi_env, _Bool, napi_value *);
extern int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
extern int napi_add_env_cleanup_hook(napi_env, void (*)(void *), void *);
extern int napi_remove_env_cleanup_hook(napi_env, void (*)(void *), void *);

struct job {
  int (*run)(char *restrict, int64_t, struct team *${', int64_t'.repeat(rows + 1)});
  char *memory;
  int64_t start, n, row[${Math.max(1, rows)}];
  struct team *team;
};

static void *work(void *given) {
  struct job *job = given;
  if (job->run(job->memory, job->start, job->team, ${Array.from({ length: rows }, (_, i) => `job->row[${i}] - job->start, `).join('')}job->n))
    __atomic_store_n(&job->team->stopped, 1, __ATOMIC_RELAXED);
  return 0;
}

static void readJob(napi_env env, napi_callback_info info, struct job *job) {
  size_t count = ${rows + 3};
  napi_value given[${rows + 3}];
  void *data;
  size_t length;
  napi_get_cb_info(env, info, &count, given, 0, 0);
  napi_get_arraybuffer_info(env, given[0], &data, &length);
  napi_get_value_int64(env, given[1], &job->start);
  for (int i = 0; i < ${rows}; i++) napi_get_value_int64(env, given[2 + i], &job->row[i]);
  napi_get_value_int64(env, given[${rows + 2}], &job->n);
  job->memory = (char *)data + job->start;
}

static napi_value run(napi_env env, napi_callback_info info) {
  napi_value result;
  struct team team = { .size = ${runs.length} };
  struct job jobs[] = {${runs.map(run => `{ .run = f${run}, .team = &team }`).join(', ')}}, *job = jobs;
  pthread_t threads[${runs.length}];
  readJob(env, info, job);
  int started = 1;
  for (; started < ${runs.length}; started++) {
    __typeof__(job->run) own = jobs[started].run;
    jobs[started] = *job;
    jobs[started].run = own;
    if (pthread_create(&threads[started], 0, work, &jobs[started]) != 0) break;
  }
  /* a system that starts no more threads: the steps are not run */
  if (started < ${runs.length}) team.stopped = 1;
  else {
    cores before;
    int spreads = ${runs.length} > 1 && spread(threads, ${runs.length}, &before);
    work(job);
    if (spreads) gather(&before);
  }
  for (int i = 1; i < started; i++) pthread_join(threads[i], 0);
  if (started < ${runs.length}) return 0;
  napi_get_boolean(env, !team.stopped, &result);
  return result;
}

/* steps that run beside the caller, in one thread */
struct beside { pthread_t thread; struct team team; struct job job; };

static void joined(void *given) { pthread_join(((struct beside *)given)->thread, 0); }

static napi_value end(napi_env env, napi_callback_info info) {
  napi_value result;
  struct beside *beside;
  napi_get_cb_info(env, info, 0, 0, 0, (void **)&beside);
  napi_remove_env_cleanup_hook(env, joined, beside);
  joined(beside);
  napi_get_boolean(env, !beside->team.stopped, &result);
  free(beside);
  return result;
}

static napi_value begin(napi_env env, napi_callback_info info) {
  napi_value result;
  struct beside *beside = calloc(1, sizeof *beside);
  if (!beside) return 0;
  beside->team.size = 1;
  beside->job = (struct job){ .run = f${runs[0]}, .team = &beside->team };
  readJob(env, info, &beside->job);
  if (pthread_create(&beside->thread, 0, work, &beside->job) != 0) {
    free(beside);
    return 0;
  }
  /* the memory must not be freed before the steps have ended */
  napi_add_env_cleanup_hook(env, joined, beside);
  napi_create_function(env, "end", 3, end, beside, &result);
  return result;
}

__attribute__((visibility("default"))) int32_t node_api_module_get_api_version_v1(void) { return 8; }
__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_value f, g;
  napi_create_function(env, "run", 3, run, 0, &f);
  napi_create_function(env, "begin", 5, begin, 0, &g);
  napi_set_named_property(env, f, "begin", g);
  return f;
}
`

/**
 * The text of a module. It is an addon of Node whose value is a function `run(buffer, start, ...rows, count)`: it runs
 * the steps in a memory, and returns whether all of them ran. Its property `begin` begins to run them in a thread of its own.
 */
export const cSource = ({ functions, vectorFunctions }: ModuleFunctions, { lanes }: VectorUnit): string => {
  const { textOf, valueOf } = writer(lanes)
  const ownLocals = (kinds: readonly Kind[], params: number): string =>
    kinds.map((kind, i) => `${TYPES[kind]} l${params + i};\n`).join('')
  const called = vectorFunctions.map(
    ({ name, locals, body, value }) =>
      `static __attribute__((noinline)) vf ${name}_(vf l0) {\n${ownLocals(locals, 1)}${textOf(body)}return ${valueOf(value)};\n}\n`,
  )
  const written = functions.map(({ params, locals, body, name }, index) => {
    const team = name === undefined ? '' : ', struct team *team'
    const given = params.map((kind, i) => `, ${TYPES[kind]} l${i}`).join('')
    return `static __attribute__((noinline)) int f${index}(char *restrict memory, int64_t start${team}${given}) {\n${ownLocals(locals, params.length)}${textOf(body)}return 0;\n}\n`
  })
  const runs = runsOf({ functions })
  const rows = functions[runs[0]!]!.params.length - 1
  return [preamble(lanes), TEAM, ...called, ...written, entry(runs, rows)].join('\n')
}
