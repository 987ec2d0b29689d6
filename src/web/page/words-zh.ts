/**
 * The words of the page in simplified Chinese, with the terms of the book's translation.
 */
import type { Reason } from '../../errors.ts'
import { grouped } from '../../format.ts'
import { numbers } from '../../options/decode.ts'
import { expectedHalving, expectedSizes } from '../../options/train-options.ts'
import { MOST_SEEDS } from './page-link.ts'
import type { Refused } from './page-messages.ts'
import { sentenceIn, type Sentences, type Words } from './words-en.ts'

const flags: Words['flags'] = {
  cost: '代价函数',
  eta: '学习率 η',
  sizes: '各层神经元数',
  'mini-batch-size': '小批量的大小',
  epochs: '迭代期数',
  activation: '隐藏神经元',
  init: '权重初始化',
  regularizer: '规范化方法',
  lmbda: '规范化参数 λ',
  optimizer: '优化方法',
  momentum: '动量系数 μ',
  dropout: '弃权',
  'early-stop': '提前停止（迭代期数）',
  'eta-schedule': '学习率的调整',
  expand: '扩展训练数据',
  'expand-copies': '每幅图像的副本数',
  'expand-each-epoch': '每个迭代期用新的副本',
  'expand-angle': '最大的旋转（度）',
  'expand-translation': '最大的平移（像素）',
  'expand-sigma': '形变的平滑 σ（像素）',
  'expand-alpha': '形变的强度 α（像素）',
  seed: '随机种子',
  data: '数据',
  'train-size': '训练图像数',
  shuffle: '每个迭代期打乱顺序',
  rng: '随机数',
  seeds: '种子数',
}

/** What a value should be. */
const expectations: Readonly<Record<string, string>> = {
  [numbers.positive]: '大于 0 的数',
  [numbers.nonNegative]: '不小于 0 的数',
  [numbers.belowOne]: '不小于 0 且小于 1 的数',
  [numbers.count]: '不小于 1 的整数',
  [numbers.countOrZero]: '不小于 0 的整数',
  [numbers.countUpTo(MOST_SEEDS)]: `1 到 ${MOST_SEEDS} 的整数`,
  ...Object.fromEntries([80, 100, 10_000].map(most => [numbers.upTo(most), `0 到 ${most} 的数`])),
  [numbers.positiveUpTo(100)]: '大于 0、不超过 100 的数',
  [expectedHalving]: 'halve:迭代期数,除数，例如 halve:10,128，或 none',
  [expectedSizes.form]: '两个或更多大于 0 的整数，例如 784,30,10',
  [expectedSizes.limit]: '更小的网络：层数或权重太多',
}

const flagName = (flag: string): string => flags[flag] ?? flag

const reasons: Sentences<Reason> = {
  value: ({ flag, text, expected }) =>
    `${flagName(flag)}“${text}”无效，应为${expectations[expected] ?? ` ${expected}`}`,
  'too-large': ({ flag, given, most }) => `${flagName(flag)} ${grouped(given)} 太大，最多为 ${grouped(most)}`,
  'too-many-weights': ({ given, most }) =>
    `各层神经元数太大：网络有 ${grouped(given)} 个权重，页面最多训练 ${grouped(most)} 个`,
  'other-sizes': ({ given, needed }) => `各层神经元数 ${given} 与数据不符，应为例如 ${needed}`,
  'no-hidden-layer': () => '没有隐藏层，无法使用弃权：请把弃权设为 0，或增加一个隐藏层',
  'no-neuron-left': ({ neurons }) => `弃权之后，${neurons} 个神经元的隐藏层一个也不剩：请减小弃权的比例`,
  blank: () => '画面是空白的，没有与背景不同的笔画',
  specks: () => '只有斑点，没有笔画',
  'ruled-paper': () => '有横穿画面的线条，像是横格纸或方格纸',
  'several-shapes': () => '有几个并排的图形，请只写一个数字',
  'too-small': ({ width, height }) => `图像只有 ${width} × ${height} 个像素，太小了`,
  'too-wide': ({ width, height }) => `所画的图形宽 ${width}、高 ${height}，而数字是竖直的`,
  filled: () => '所画的是一个实心的方块',
  covered: ({ percent }) => `画面的 ${percent} % 都是墨迹，数字不会这么多`,
  'many-strokes': ({ strokes }) => `有 ${strokes} 个以上互不相连的笔画，数字只有几画`,
}

/** An error in Chinese, where the program says as data what is wrong; else its English sentence, introduced. */
const refusedFor = ({ message, remedy, reasons: found }: Refused) =>
  found === undefined
    ? { message: `程序的说明是英文：${message}`, remedy }
    : { message: found.map(reason => sentenceIn(reasons, reason)).join('；'), remedy: '' }

export const chinese: Words = {
  language: '简体中文',
  title: '代价函数决定网络怎样学习',
  lead: '《神经网络与深度学习》第三章，在您的浏览器中实时计算：二次代价函数与交叉熵代价函数并排训练，初始权重相同，小批量数据也相同。',
  parts: {
    neuron: '一个神经元',
    network: '两个网络',
    draw: '手写数字',
    seeds: '多个种子',
    files: '数据与文件',
  },
  sections: '各部分',
  switchLanguage: '语言',
  costs: {
    quadratic: '二次代价',
    xent: '交叉熵',
    'log-likelihood': '对数似然',
    'quadratic-linear': '二次代价（线性输出）',
  },

  run: '运行',
  pause: '暂停',
  stepBatch: '一个小批量',
  stepEpoch: '一个迭代期',
  step: '单步',
  restart: '重新开始',
  restartHint: '从相同的初始权重开始',
  newSeed: '换一个种子',
  pace: '速度',
  paces: { '1': '每秒 1 个', '10': '每秒 10 个', '100': '每秒 100 个', '1000': '每秒 1000 个', full: '全速' },
  paceHint: '每秒的小批量数；速度不影响结果',
  preparing: '正在准备……',
  progress: (epoch, of) => `第 ${epoch} / ${of} 个迭代期`,
  speed: images => `每秒 ${images} 幅图像`,
  finished: '训练结束',
  diverged: '权重超出了 float32 的范围：请减小 η',
  lost: '训练已停止：浏览器结束了它的后台线程。',
  startAgain: '重新开始',
  linkRefused: '无法使用这个链接：',
  settingsRefused: '无法使用这些设置：',
  refusedFor,
  useStart: '使用页面自己的设置',

  networkLead: (training, test, data) =>
    `两个网络以相同的顺序学习相同的 ${training} 幅训练图像（${data}）。曲线是本章的四种监控，分别在训练集和 ${test} 幅测试图像上计算。`,
  accuracyTest: '测试集上的准确率',
  accuracyTraining: '训练集上的准确率',
  costTest: '测试集上的代价',
  costTraining: '训练集上的代价',
  epochAxis: '迭代期',
  correctOf: (correct, n) => `${n} 幅中正确 ${correct} 幅`,
  valuesTable: '以表格显示数值',
  settings: '设置',
  forBoth: '两个网络共同的设置',
  flags,
  emptyFields: { never: '从不', none: '无' },
  locked: '本课的设置是固定的。',
  commandLine: '用命令行做同样的训练，得到的权重逐字节相同：',
  commandLineDecides:
    '命令行的相同设置。何时停止、何时减小 η，命令行由它的全部测试图像决定，本页由前 2000 幅决定：',
  copy: '复制',
  copied: '已复制',

  weights: '第一层的权重',
  weightsHint: '第一层的每个神经元一幅图：从 28 × 28 个像素到它的权重。蓝色为正，橙色为负。',
  weightsOf: (network, neurons) => `${network}：${neurons} 个神经元的权重`,
  more: n => `还有 ${n} 个`,
  slopes: '各层的饱和程度',
  slopesHint:
    'σ′(z) 在神经元和测试图像上的分布。使用二次代价函数时，输出层的误差含有因子 σ′(z)：长条集中在 0 处时，学习缓慢。',
  slopesOf: (network, layer, median) => `${network}，${layer}：σ′(z) 的中位数为 ${median}`,
  median: '中位数',
  hiddenLayer: l => `第 ${l} 个隐藏层`,
  outputLayer: '输出层',
  confusion: '哪个数字被认成了哪个',
  confusionHint: '每行是一个数字，每列是一种回答。点选一格可以看到其中的图像。',
  shown: '图像',
  cell: (label, answer, count) => `${label} 被认成 ${answer}：${count} 幅`,
  imagesOf: (label, answer, count) =>
    label === answer ? `${count} 幅正确识别的 ${label}` : `${count} 幅被认成 ${answer} 的 ${label}`,
  close: '关闭',
  worst: '最严重的错误',
  worstHint: '回答错误而又最有把握的测试图像：原来的数字，以及网络的回答。',
  noMistakes: '没有错误。',
  answered: (label, answer) => `${label} 被认成 ${answer}`,

  neuronLead:
    '一个神经元要学会对输入 1 输出 0。开始时它是错的。错得越厉害，本应学得越快；使用二次代价函数时却恰恰相反。',
  weight: '权重 w',
  bias: '偏置 b',
  rate: '学习率 η',
  start: '起点',
  startWrong: 'w 0.6，b 0.9',
  startSaturated: 'w 2，b 2',
  time: '迭代期',
  output: '输出 a',
  costC: '代价 C',
  gradient: '梯度 ∂C/∂w',
  slope: '斜率 σ′(z)',
  equations: '此刻的各个方程',
  asScript: '按书中动画脚本的方式走每一步',
  asScriptHint:
    '书中动画的脚本沿 1/(1 − a) 走，这是 ∂C/∂a；正确的是 ∂C/∂w = a。虚线是脚本的走法，实线是正确的走法。',
  scriptStep: '书中的脚本',
  scriptFactor: (step, right, times) => `此刻脚本的一步是 ${step}，正确的是 ${right}：相差 ${times} 倍。`,
  neuronChart: (what, epoch, quadratic, xent) =>
    `第 ${epoch} 个迭代期的${what}：二次代价函数为 ${quadratic}，交叉熵代价函数为 ${xent}`,

  drawLead: '写一个数字。两个网络一边训练一边回答。',
  drawHere: '书写区域',
  undo: '撤销',
  clear: '清除',
  openPhoto: '打开照片',
  sees: '网络看到的图像',
  seesHint: '数字的外框缩放到 20 × 20 个像素，质心移到中央，与 MNIST 相同。',
  refused: reason => `不是数字：${reason}`,
  nothingDrawn: '还没有写任何东西。',
  answersOf: (network, digit, share) => `${network}：${digit}（${share}）`,
  digitKeyboard: '使用键盘：方向键移动笔，空格键落笔或提笔。',

  seedsLead:
    '一次训练说明不了多少：换一个随机种子，初始权重和样本顺序就都变了。让每个网络从多个种子开始训练，再作比较。',
  runSeeds: n => `用 ${n} 个种子训练`,
  stop: '停止',
  seedsDone: (done, of) => `已完成 ${done} / ${of} 次训练`,
  bandHint: '线是各次训练的中位数，色带从最差到最好。',
  stuckHint: '如果一次训练几乎从不回答某个数字，就称它停滞了。',
  stuckRun: (seed, digits, percent) => `种子 ${seed} 放弃了 ${digits}：${percent}`,
  noStuck: '没有停滞的训练',
  stuckRuns: (n, of) => `${of} 次训练中有 ${n} 次停滞`,
  verdict: '结论',
  differences: (first, second) => `每个种子的差：${second}减${first}，百分点`,
  needMore: '至少需要两个种子才能得出结论。',
  verdictSentence: ({ finding, arms, difference }, data) => {
    const leader = arms[difference.mean < 0 ? 0 : 1].name
    const [low, high] = difference.interval.map(Math.abs).sort((a, b) => a - b)
    const sameSign = difference.interval[0] * difference.interval[1] > 0
    const p = difference.p < 0.001 ? 'p < 0.001' : `p = ${difference.p.toPrecision(3)}`
    const ends = sameSign
      ? `${low!.toFixed(2)} 到 ${high!.toFixed(2)}`
      : difference.interval.map(end => end.toFixed(2)).join(' 到 ')
    const amount = `${Math.abs(difference.mean).toFixed(2)} 个百分点（95 % 置信区间 ${ends}，${p}，n = ${difference.n}）`
    switch (finding) {
      case 'better':
        return `在${data}上，${leader}更好，领先 ${amount}。`
      case 'negligible':
        return `在${data}上没有值得在意的差别：${leader}领先 ${amount}。`
      case 'undecided':
        return `在${data}上没有定论：${leader}领先 ${amount}。`
      case 'none':
        return `在${data}上没有结论：有一方的每次训练都发散了。`
    }
  },
  rule: '规则：由最后一个迭代期之后的测试准确率决定。p 小于 0.05 且平均差至少为 0.1 个百分点，称为更好；95 % 置信区间在 ±0.1 个百分点以内，称为没有值得在意的差别；其余情况没有定论。',
  mean: '平均',
  lowest: '最低',
  highest: '最高',

  dataLead: '页面首先使用自己生成的数字。任何东西都不会离开您的计算机。',
  dataNow: (name, training, test) => `${name}：${training} 幅训练图像，${test} 幅测试图像`,
  generated: '生成的数字',
  generatedName: '生成的数字',
  named: (name, text) => `${name}：${text}`,
  mnist: 'MNIST 的前 10000 幅',
  mnistLoading: '正在读取……',
  mnistMissing:
    '页面旁边没有 MNIST。可以把它的四个文件拖到这里（train-images、train-labels、t10k-images、t10k-labels），或者在构建页面时设置 MNIST_DIR。',
  drop: '把 IDX 文件（图像和标签，可以是 .gz）、以数字命名的图片（例如 7-first.png）或保存的网络拖到这里',
  chooseFiles: '选择文件',
  link: '此页面的链接，包含全部设置和种子',
  saveModel: network => `保存${network}网络（JSON）`,
  saveCsv: '保存各项指标（CSV）',
  saveSvg: '保存曲线（SVG）',
  notOpened: '无法打开：',
  fileRefusals: {
    error: ({ file, error }) => `${file}：${refusedFor(error).message}`,
    'no-digit-in-name': ({ file }) => `${file}：图片的文件名要以它的数字开头，例如 7-first.png`,
    'no-picture': ({ file }) => `${file}：浏览器打不开这幅图片`,
    damaged: ({ file }) => `${file}：gzip 文件已损坏，或者太大`,
    unpaired: ({ file }) => `${file}：图像和标签是两个文件，请一起打开`,
    'other-size': ({ file }) => `${file}：训练集和测试集的图像大小不同`,
    'too-few': ({ file }) => `${file}：至少需要两幅图像`,
    unequal: ({ file, images, labels }) => `${file}：有 ${images} 幅图像，却有 ${labels} 个标签`,
    'other-inputs': ({ file, inputs, pixels }) =>
      `${file}：网络有 ${inputs} 个输入，而图像有 ${pixels} 个像素`,
    'no-images': () => '没有图像文件',
  },
  openedModel: (name, correct, n) => `${name} 正确识别了 ${n} 幅测试图像中的 ${correct} 幅。`,
  lesson: '一课',
  lessonHint: '链接可以只显示一部分内容，并固定设置。',
  lockSettings: '固定设置',
  documentation: 'network2 的文档',
  licence: '数据：MNIST，作者 Y. LeCun、C. Cortes 和 C. J. C. Burges。书的作者是 Michael Nielsen。',
}
