/*
 * The training of the chapter written by hand for this processor, one thread: the yardstick of `npm run bench -- --peers`. A child process
 * of scripts/bench-engines.ts, which compiles it, and says what each line of standard input holds. Cross-entropy, sigmoid, float32.
 *
 * Rows are padded to whole vectors. Weights are stored [inputs][outputs]. Where under half of the pixels are lit, the first layer
 * reads and updates only the weights of the pixels that are.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef __AVX512F__
#define LANES 16
#else
#define LANES 8
#endif
#define ETA 0.5f
typedef float v __attribute__((vector_size(4 * LANES), may_alias));

static int padded(int count) { return (count + LANES - 1) / LANES * LANES; }
static float *zeros(size_t count) {
  float *made = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
  memset(made, 0, count * sizeof(float));
  return made;
}
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}
static float sum(v x) {
  float s = 0;
  for (int i = 0; i < LANES; i++) s += x[i];
  return s;
}

/* unrolled, so that what is summed stays in registers */
#define UNROLLED _Pragma("GCC unroll 16")
#define TILE(T) static inline __attribute__((always_inline)) T

/* R rows and C vectors of c += sum over k of a[row][k] b[k][..]; a is read down its columns where its steps say so */
TILE(void) tile(int R, int C, int K, const float *a, size_t row, size_t k1, const float *b, size_t pitch, float *c, size_t cpitch, float scale) {
  v acc[6][2];
  UNROLLED for (int r = 0; r < R; r++)
    UNROLLED for (int j = 0; j < C; j++) acc[r][j] = (v){0};
  for (int k = 0; k < K; k++)
    UNROLLED for (int j = 0; j < C; j++) {
      v w = *(const v *)(b + k * pitch + j * LANES);
      UNROLLED for (int r = 0; r < R; r++) acc[r][j] += a[r * row + k * k1] * w;
    }
  UNROLLED for (int r = 0; r < R; r++)
    UNROLLED for (int j = 0; j < C; j++) *(v *)(c + r * cpitch + j * LANES) += scale * acc[r][j];
}

/* c[M][N] += scale a b, where a[r][k] is at r row + k k1; N is padded */
static void product(int M, int N, int K, const float *a, size_t row, size_t k1, const float *b, float *c, float scale) {
  for (int n = 0; n < N;) {
    int vectors = (N - n) / LANES, C = vectors >= 2 ? 2 : 1, r = 0;
#define ROWS(R) for (; r + R <= M; r += R) { \
    const float *from = a + r * row; float *to = c + (size_t)r * N + n; \
    if (C == 2) tile(R, 2, K, from, row, k1, b + n, N, to, N, scale); \
    else tile(R, 1, K, from, row, k1, b + n, N, to, N, scale); }
    ROWS(6) ROWS(2) ROWS(1)
    n += C * LANES;
  }
}

/* below[m][i] = sum over j of d[m][j] w[i][j]: four rows of one and two of the other at a time, which share what they load */
static void backward(int M, int I, int J, const float *d, const float *w, float *below, int pitch) {
  for (int m = 0; m < M; m += 4)
    for (int i = 0; i < I; i += 2) {
      int rows = M - m < 4 ? M - m : 4, columns = I - i < 2 ? I - i : 2;
      v acc[4][2] = {0};
      if (rows == 4 && columns == 2)
        for (int j = 0; j < J; j += LANES)
          UNROLLED for (int r = 0; r < 4; r++)
            UNROLLED for (int c = 0; c < 2; c++) acc[r][c] += *(const v *)(d + (size_t)(m + r) * J + j) * *(const v *)(w + (size_t)(i + c) * J + j);
      else
        for (int j = 0; j < J; j += LANES)
          for (int r = 0; r < rows; r++)
            for (int c = 0; c < columns; c++) acc[r][c] += *(const v *)(d + (size_t)(m + r) * J + j) * *(const v *)(w + (size_t)(i + c) * J + j);
      for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) below[(size_t)(m + r) * pitch + i + c] = sum(acc[r][c]);
    }
}

/* C vectors of z += the rows of w whose pixels are lit */
TILE(void) lit(int C, int count, const int *at, const float *value, const float *w, size_t pitch, float *z) {
  v acc[8];
  UNROLLED for (int j = 0; j < C; j++) acc[j] = *(v *)(z + j * LANES);
  for (int k = 0; k < count; k++)
    UNROLLED for (int j = 0; j < C; j++) acc[j] += value[k] * *(const v *)(w + at[k] * pitch + j * LANES);
  UNROLLED for (int j = 0; j < C; j++) *(v *)(z + j * LANES) = acc[j];
}
TILE(void) update(int C, int count, const int *at, const float *value, float *w, size_t pitch, const float *d, float rate) {
  v step[8];
  UNROLLED for (int j = 0; j < C; j++) step[j] = rate * *(const v *)(d + j * LANES);
  for (int k = 0; k < count; k++)
    UNROLLED for (int j = 0; j < C; j++) *(v *)(w + at[k] * pitch + j * LANES) -= value[k] * step[j];
}
#define IN_VECTORS(N, CALL) for (int n = 0; n < N;) { int left = (N - n) / LANES; \
  if (left >= 8) { CALL(8); n += 8 * LANES; } else if (left >= 4) { CALL(4); n += 4 * LANES; } \
  else if (left >= 2) { CALL(2); n += 2 * LANES; } else { CALL(1); n += LANES; } }

int main(void) {
  char line[4096], file[4096], loaded[4096] = "";
  float *x = 0, *y = 0, *value = 0;
  int n = 0, *at = 0, *first = 0, *order = 0, sparse = 0;
  unsigned long long seed = 88172645463325252ull;
  puts("ready");
  fflush(stdout);
  float *w[16] = {0}, *b[16], *a[17], *d[17];
  char before[4096] = "";
  int size[17], pad[17], layers = 0, m = 1, examples = 0;
  while (fgets(line, sizeof line, stdin)) {
    if (strcmp(line, before)) {
      strcpy(before, line);
      int used, more = 0;
      sscanf(line, "%s %d %d%n", file, &examples, &m, &used);
      for (layers = 0; sscanf(line + used, "%d%n", &size[layers], &more) == 1; used += more) layers++;
      if (strcmp(file, loaded)) {
        strcpy(loaded, file);
        FILE *in = fopen(file, "rb");
        fseek(in, 0, SEEK_END);
        n = ftell(in) / 4 / (784 + 10);
        rewind(in);
        free(x), free(y), free(value), free(at), free(first), free(order);
        x = zeros((size_t)n * 784);
        y = zeros((size_t)n * 10);
        if (fread(x, 4, (size_t)n * 784, in) + fread(y, 4, (size_t)n * 10, in) != (size_t)n * 794) return 1;
        fclose(in);
        size_t count = 0;
        for (size_t i = 0; i < (size_t)n * 784; i++) count += x[i] != 0;
        sparse = count < (size_t)n * 392;
        at = malloc(4 * count);
        value = malloc(4 * count);
        first = malloc(4 * (n + 1));
        order = malloc(4 * n);
        count = 0;
        for (int i = 0; i < n; i++) {
          first[i] = count;
          order[i] = i;
          for (int p = 0; p < 784; p++)
            if (x[(size_t)i * 784 + p] != 0) at[count] = p, value[count++] = x[(size_t)i * 784 + p];
        }
        first[n] = count;
      }
      for (int l = 0; l < layers; l++) {
        pad[l] = l ? padded(size[l]) : size[l];
        if (l) {
          w[l - 1] = zeros((size_t)size[l - 1] * pad[l]);
          b[l - 1] = zeros(pad[l]);
          for (int i = 0; i < size[l - 1]; i++)
            for (int j = 0; j < size[l]; j++) w[l - 1][(size_t)i * pad[l] + j] = (drand48() - 0.5) * 3.46 / sqrt(size[l - 1]);
        }
        a[l] = zeros((size_t)m * pad[l]);
        d[l] = zeros((size_t)m * pad[l]);
      }
    }
    for (int i = n - 1; i > 0; i--) {
      seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
      int j = seed % (i + 1), t = order[i];
      order[i] = order[j], order[j] = t;
    }
    double began = now();
    for (int start = 0; start < examples; start += m) {
      int M = examples - start < m ? examples - start : m, last = layers - 1;
      const int *rows = order + start;
      float rate = ETA / m;
      for (int l = 1; l < layers; l++) {
        int N = pad[l];
        for (int r = 0; r < M; r++) memcpy(a[l] + (size_t)r * N, b[l - 1], 4 * N);
        if (l > 1) product(M, N, size[l - 1], a[l - 1], pad[l - 1], 1, w[l - 1], a[l], 1);
        else if (sparse)
          for (int r = 0; r < M; r++) {
            int from = first[rows[r]], count = first[rows[r] + 1] - from;
#define FORWARD(C) lit(C, count, at + from, value + from, w[0] + n, N, a[1] + (size_t)r * N + n)
            IN_VECTORS(N, FORWARD)
          }
        else {
          for (int r = 0; r < M; r++) memcpy(a[0] + (size_t)r * 784, x + (size_t)rows[r] * 784, 4 * 784);
          product(M, N, 784, a[0], 784, 1, w[0], a[1], 1);
        }
        for (size_t i = 0; i < (size_t)M * N; i++) a[l][i] = 1 / (1 + expf(-a[l][i]));
      }
      for (int r = 0; r < M; r++)
        for (int j = 0; j < 10; j++) d[last][(size_t)r * pad[last] + j] = a[last][(size_t)r * pad[last] + j] - y[(size_t)rows[r] * 10 + j];
      for (int l = last; l > 0; l--) {
        int N = pad[l];
        if (l > 1) {
          backward(M, size[l - 1], N, d[l], w[l - 1], d[l - 1], pad[l - 1]);
          for (int r = 0; r < M; r++)
            for (int i = 0; i < size[l - 1]; i++) {
              float one = a[l - 1][(size_t)r * pad[l - 1] + i];
              d[l - 1][(size_t)r * pad[l - 1] + i] *= one * (1 - one);
            }
        }
        if (l == 1 && sparse)
          for (int r = 0; r < M; r++) {
            int from = first[rows[r]], count = first[rows[r] + 1] - from;
#define BACKWARD(C) update(C, count, at + from, value + from, w[0] + n, N, d[1] + (size_t)r * N + n, rate)
            IN_VECTORS(N, BACKWARD)
          }
        else product(size[l - 1], N, M, a[l - 1], 1, pad[l - 1], d[l], w[l - 1], -rate);
        for (int r = 0; r < M; r++)
          for (int j = 0; j < N; j++) b[l - 1][j] -= rate * d[l][(size_t)r * N + j];
      }
    }
    printf("%.9f\n", now() - began);
    fflush(stdout);
  }
}
