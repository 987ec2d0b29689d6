/**
 * The built page in a real browser, opened from the disk and from its server.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { chromium as browsers, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPage, type BuiltPage } from '../../scripts/page.mjs'
import { root } from '../../scripts/package.mjs'
import { servePage } from '../../src/web/serve-page.ts'
import { CHROMIUM, chromium } from '../support/chromium.ts'
import { digits, greyPng } from '../image/made.ts'
import { drawn } from '../support/drawn.ts'
import { mnistDir, mnistFiles } from '../support/needs.ts'

const run = promisify(execFile)

describe.skipIf(chromium.isMissing)('the page', chromium.why, () => {
  let browser: Browser
  let built: BuiltPage
  const folder = mkdtempSync(join(tmpdir(), 'network2-page-'))

  beforeAll(async () => {
    built = await buildPage(root, { folder })
    browser = await browsers.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  })

  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Opens the page, and fails the test on an error in it. */
  const opened = async (
    hash: string,
    body: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
    address = pathToFileURL(built.file).href,
    hasErrors = false,
  ): Promise<void> => {
    const context = await browser.newContext({ locale: 'en-GB', ...options })
    const page = await context.newPage()
    const problems: string[] = []
    page.on('pageerror', error => problems.push(error.message))
    page.on('console', message => {
      if (message.type() === 'error') problems.push(message.text())
    })
    await page.goto(`${address}${hash}`)
    try {
      await body(page)
      if (!hasErrors) expect(problems).toEqual([])
    } finally {
      await context.close()
    }
  }

  const finished = (page: Page) => page.getByText('finished').waitFor({ timeout: 120_000 })

  it('is one file below 150 KB, which asks for nothing, and trains both networks to over 90 %', async () => {
    expect(built.gzipped).toBeLessThan(150_000)
    await opened('#data=digits&train-size=10000&epochs=10&cost=quadratic&vs-cost=xent', async page => {
      const asked: string[] = []
      page.on('request', request => asked.push(request.url()))
      await page.locator('#run').click()
      await finished(page)
      const scores = await page.locator('.score .number').allTextContents()
      expect(scores.map(Number.parseFloat).every(percent => percent > 90)).toBe(true)
      // the matrices are those of the trained networks, although they were never on the screen
      await expect
        .poll(() =>
          page.evaluate(`[...document.querySelectorAll('.confusion')].map(table =>
            \`\${(
              [...table.querySelectorAll('.right')].reduce((sum, { textContent }) => sum + Number(textContent), 0) / 20
            ).toFixed(2)} %\`)`),
        )
        .toEqual(scores)
      expect(asked.filter(url => !url.startsWith('blob:'))).toEqual([])
    })
  })

  it('a link with a mistake gets a sentence, and the page uses its own settings', async () => {
    const hashes = [
      ...['cost=relu', 'eta=-1', 'sizes=784,10000,10', 'seed=1&seed=2', 'data=/etc/passwd', '<script>=1'],
      ...['init=net.json', '__proto__=1', 'vs-dropout=2', 'x'.repeat(5000)],
    ]
    await opened('', async page => {
      const sentences: string[] = []
      for (const hash of hashes) {
        await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
        const alert = page.getByRole('alert')
        sentences.push((await alert.textContent()) ?? '')
        await page.getByRole('button', { name: 'Use the page’s own settings' }).click()
        await alert.waitFor({ state: 'detached' })
      }
      expect(sentences.filter(sentence => !sentence.startsWith('This link cannot be used: '))).toEqual([])
      await page.getByRole('button', { name: 'One epoch' }).click()
      await page.getByText('epoch 1 of 30').waitFor()
    })
    await opened('#eta=x', async page => {
      expect(await page.getByRole('alert').textContent()).toContain('eta x: not a number above 0')
    })
  })

  it('a link of the command line trains to the same bytes as the command line', async () => {
    const flags =
      '--data digits --train-size 1000 --epochs 2 --cost quadratic --init large --seed 7 --lmbda 0.5 --expand rotate --expand-each-epoch'
    const started = (args: string) =>
      run(process.execPath, [join(root, 'scripts', 'run.mjs'), ...args.split(' ')])
    const { stdout } = await started(`train ${flags} --link --out none`)
    const [, hash] = /(#.*)/.exec(stdout)!
    await opened(hash!, async page => {
      await page.locator('#run').click()
      await finished(page)
      for (const [i, name] of ['Quadratic', 'Cross-entropy'].entries()) {
        const line = (await page.locator('.commands pre').nth(i).textContent())!
        const saving = page.waitForEvent('download')
        await page.getByRole('button', { name: `Save the ${name} network` }).click()
        const inPage = JSON.parse(readFileSync(await (await saving).path(), 'utf8')) as object
        const file = join(folder, `${i}.json`)
        await started(`${line.replace('npx network2 ', '')} --out none --save ${file}`)
        const { trainedOn, ...onCommandLine } = JSON.parse(readFileSync(file, 'utf8')) as Record<
          string,
          unknown
        >
        expect(trainedOn).toMatchObject({ name: 'generated digits' })
        expect(inPage).toEqual(onCommandLine)
      }
    })
  })

  it('the neuron learns, is scrubbed back, and has the numbers of the moment in its equations', async () => {
    await opened('#show=neuron', async page => {
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      await page.getByText('300 / 300').waitFor()
      const shown = async () =>
        (await page.locator('.equations .values').allTextContents()).map(text => text.replace(/\s/g, ''))
      const end = await shown()
      await page.getByRole('slider', { name: 'Epoch' }).fill('0')
      await page.getByText('0 / 300', { exact: true }).waitFor()
      // a = σ(4): a²/2, a a (1 - a), and for the cross-entropy -ln(1 - a) and a
      expect(await shown()).toEqual(
        expect.arrayContaining(['=0.482', '=0.982⋅0.0177=0.0173', '=4.02', '=0.982', '=0.01770.0177⋅0.982']),
      )
      expect(end).not.toEqual(await shown())
    })
  })

  /** Draws a line through points of the drawing area, from 0 to 1. */
  const drawLine = async (page: Page, points: readonly (readonly [number, number])[]): Promise<void> => {
    // the last part above it: then nothing above the drawing area changes its height
    await page.locator('#worst .of-network > :not(h4)').first().waitFor()
    await page.locator('#drawing').scrollIntoViewIfNeeded()
    const { x, y, width, height } = (await page.locator('#drawing').boundingBox())!
    for (const [i, [across, down]] of points.entries()) {
      await page.mouse.move(x + across * width, y + down * height, { steps: 4 })
      if (i === 0) await page.mouse.down()
    }
    await page.mouse.up()
  }

  /** Drops files on the page. */
  const drop = async (
    page: Page,
    files: readonly { readonly name: string; readonly bytes: Buffer; readonly type: string }[],
  ): Promise<void> => {
    const texts = files.map(({ bytes, ...rest }) => ({ ...rest, base64: bytes.toString('base64') }))
    await page.evaluate(`{
      const dataTransfer = new DataTransfer()
      for (const { name, type, base64 } of ${JSON.stringify(texts)})
        dataTransfer.items.add(new File([Uint8Array.from(atob(base64), c => c.charCodeAt(0))], name, { type }))
      dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true }))
    }`)
  }

  /** What both networks answer. */
  const answersIn = (page: Page): Promise<string[]> => page.locator('.answer .number').allTextContents()

  const circle = Array.from({ length: 25 }, (_, i): readonly [number, number] => [
    0.5 + 0.2 * Math.sin((i * Math.PI) / 12),
    0.5 - 0.3 * Math.cos((i * Math.PI) / 12),
  ])

  it('three drawn digits are read by both networks; a line of dots across is refused in words', async () => {
    await opened('#data=digits&epochs=8&train-size=10000', async page => {
      await page.locator('#run').click()
      await finished(page)
      const digits: readonly (readonly [string, readonly (readonly [number, number])[]])[] = [
        ['0', circle],
        [
          '1',
          [
            [0.52, 0.15],
            [0.5, 0.5],
            [0.48, 0.85],
          ],
        ],
        [
          '7',
          [
            [0.25, 0.2],
            [0.75, 0.2],
            [0.6, 0.5],
            [0.45, 0.85],
          ],
        ],
      ]
      for (const [digit, points] of digits) {
        await drawLine(page, points)
        await page.getByLabel(new RegExp(`^Quadratic: ${digit} `)).waitFor()
        await page.getByLabel(new RegExp(`^Cross-entropy: ${digit} `)).waitFor()
        expect(await answersIn(page)).toEqual([digit, digit])
        await page.getByRole('button', { name: 'Clear' }).click()
        await page.getByText('Nothing is drawn yet.').waitFor()
      }
      await drawLine(page, [
        [0.02, 0.5],
        [0.98, 0.5],
      ])
      await page.getByText('No digit: Drawing area: ').waitFor()
    })
  })

  it('a finger draws on a phone of 360 pixels, where nothing is wider than the screen', async () => {
    const phone = {
      viewport: { width: 360, height: 740 },
      hasTouch: true,
      isMobile: true,
      deviceScaleFactor: 2,
    }
    await opened(
      '',
      async page => {
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
        await page.locator('#worst .of-network > :not(h4)').first().waitFor()
        await page.locator('#drawing').scrollIntoViewIfNeeded()
        const { x, y, width, height } = (await page.locator('#drawing').boundingBox())!
        const session = await page.context().newCDPSession(page)
        const place = `document.getElementById('drawing').getBoundingClientRect().top`
        const before = await page.evaluate(place)
        const touch = (type: string, down: number) =>
          session.send('Input.dispatchTouchEvent', {
            type: type as 'touchStart',
            touchPoints: type === 'touchEnd' ? [] : [{ x: x + width / 2, y: y + down * height }],
          })
        await touch('touchStart', 0.2)
        for (const down of [0.3, 0.4, 0.5, 0.6, 0.7, 0.8]) await touch('touchMove', down)
        await touch('touchEnd', 0)
        await page.getByLabel(/^Quadratic: \d /).waitFor()
        expect(await page.evaluate(place)).toBe(before)
      },
      phone,
    )
  })

  it('everything can be done with the keyboard, and axe finds nothing that matters', async () => {
    await opened('#data=digits&train-size=500&epochs=1', async page => {
      await page.locator('#run:enabled').focus()
      await page.keyboard.press('Enter')
      await finished(page)
      await page.locator('#drawing').focus()
      await page.keyboard.press('ArrowUp')
      await page.keyboard.press('Space')
      for (let i = 0; i < 15; i++) await page.keyboard.press('ArrowDown')
      await page.getByLabel(/^Quadratic: \d /).waitFor()
      const unreachable = await page.evaluate(
        `[...document.querySelectorAll('button, input, select, summary, a, canvas[role=application]')].filter(element => element.tabIndex < 0).length`,
      )
      expect(unreachable).toBe(0)
      for (const part of ['weights', 'slopes', 'confusion', 'worst']) {
        await page.locator(`#${part}`).scrollIntoViewIfNeeded()
        await page.locator(`#${part} :is(canvas, svg, table)`).first().waitFor()
      }
      await page.locator('.confusion button').first().focus()
      await page.keyboard.press('Enter')
      await page.getByRole('region', { name: /images? of 0/ }).waitFor()
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await page.evaluate(
          readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
        )
        const found = await page.evaluate(
          `axe.run().then(({ violations }) => violations.filter(({ impact }) => impact !== 'minor').map(({ id, nodes }) => id + ' ' + nodes[0].html + ' ' + nodes[0].failureSummary))`,
        )
        expect(found).toEqual([])
      }
    })
  })

  it('trains without a network, and in the background', async () => {
    await opened('#data=digits&train-size=2000&epochs=20', async page => {
      await page.context().setOffline(true)
      const other = await page.context().newPage()
      await page.locator('#run').click()
      await other.bringToFront()
      await page.bringToFront()
      await finished(page)
      await page.getByText('epoch 20 of 20').waitFor()
    })
  })

  it('a worker that ends is noticed, and the page starts another one', async () => {
    await opened(
      '#data=digits&train-size=500&epochs=2',
      async page => {
        // its first pictures have come: nothing is asked of the worker
        await page.locator('#worst canvas').first().waitFor({ state: 'attached' })
        const [worker] = page.workers()
        // the next step fails in the worker
        await worker!
          .evaluate(
            'Array.prototype.push = undefined; Object.entries = undefined; Array.prototype.map = undefined',
          )
          .catch(() => undefined)
        await page.getByRole('button', { name: 'One epoch' }).click()
        await page.getByRole('button', { name: 'Start again' }).click()
        await page.locator('#run:enabled').click()
        await finished(page)
      },
      {},
      undefined,
      true,
    )
  })

  it('the runs of the quadratic cost that are stuck are named, with the digit that is given up', async () => {
    await opened(
      '#data=digits&train-size=1000&sizes=784,100,10&epochs=2&init=large&cost=quadratic&vs-cost=xent&seeds=2&show=seeds',
      async page => {
        await page.locator('#run-seeds:enabled').click()
        await page.getByText('4 of 4 trainings').waitFor({ timeout: 120_000 })
        await page.getByText('Quadratic: 1 of 2 runs are stuck').waitFor()
        expect(await page.locator('.stuck li').allTextContents()).toEqual(['seed 1 gave up 6: 31.40 %'])
        await page.getByText(/points \(95 % interval/).waitFor()
      },
    )
  })

  it.skipIf(mnistFiles.isMissing)(
    'MNIST comes from its folder and from within the offline edition, and its training equals that of the command line',
    mnistFiles.why,
    async () => {
      const withData = mkdtempSync(join(folder, 'mnist-'))
      await buildPage(root, { folder: withData, mnistDir })
      const server = await servePage(withData, 0)()
      if (E.isLeft(server)) throw new Error(server.left.message)
      const { address, close } = server.right
      const saved: string[] = []
      const save = async (page: Page): Promise<void> => {
        await page.locator('#run:enabled').click()
        await finished(page)
        const saving = page.waitForEvent('download')
        await page.getByRole('button', { name: 'Save the Cross-entropy network' }).click()
        saved.push(readFileSync(await (await saving).path(), 'utf8'))
      }
      const hash = '#data=mnist&train-size=10000&epochs=1&seed=3'
      try {
        await opened(hash, save, {}, address)
      } finally {
        await close()
      }
      await opened(hash, save, {}, pathToFileURL(join(withData, 'network2-offline.html')).href)
      const file = join(folder, 'mnist.json')
      const flags = '--data mnist --train-size 10000 --epochs 1 --seed 3 --out none --save'.split(' ')
      await run(process.execPath, [join(root, 'scripts', 'run.mjs'), 'train', ...flags, file])
      const onCommandLine = { ...(JSON.parse(readFileSync(file, 'utf8')) as object), trainedOn: undefined }
      expect(saved.map(text => JSON.parse(text) as unknown)).toEqual([onCommandLine, onCommandLine])
    },
  )

  it('serves its own folder, and no other file', async () => {
    const server = await servePage(folder, 0)()
    if (E.isLeft(server)) throw new Error(server.left.message)
    const { address, close } = server.right
    try {
      await opened('', page => page.getByRole('button', { name: 'One mini-batch' }).click(), {}, address)
      const status = async (path: string): Promise<number> => (await fetch(`${address}${path}`)).status
      expect(await Promise.all(['', '..%2fpackage.json', 'package.json', 'other.html'].map(status))).toEqual([
        200, 404, 404, 404,
      ])
    } finally {
      await close()
    }
  })

  it('saves metrics as CSV and curves as SVG, and reads a network that is dropped on it', async () => {
    await opened('#data=digits&train-size=1000&epochs=2&seed=5', async page => {
      await page.locator('#run:enabled').click()
      await finished(page)
      const saved = async (button: string): Promise<string> => {
        const saving = page.waitForEvent('download')
        await page.getByRole('button', { name: button }).click()
        return readFileSync(await (await saving).path(), 'utf8')
      }
      const lines = (await saved('Save the metrics (CSV)')).trimEnd().split('\r\n')
      expect(lines[0]).toBe(
        'network,cost_function,eta,epoch,test_cost,test_correct,test_n,training_cost,training_correct,training_n',
      )
      const rows = lines.slice(1).map(line => line.split(','))
      expect(
        rows.map(([network, , , epoch]) => `${network} ${epoch}`).filter(name => !name.endsWith(' 0')),
      ).toEqual(['1 1', '1 2', '2 1', '2 2'])
      const shown = await page.locator('.score .number').allTextContents()
      const last = rows.filter(row => row[3] === '2').map(row => (100 * Number(row[5])) / Number(row[6]))
      expect(last.map(percent => percent.toFixed(2))).toEqual(
        shown.map(text => Number.parseFloat(text).toFixed(2)),
      )
      const svg = await saved('Save the curves (SVG)')
      const problems = await page.evaluate(
        `new DOMParser().parseFromString(${JSON.stringify(svg)}, 'image/svg+xml').querySelectorAll('parsererror').length`,
      )
      expect(problems).toBe(0)
      expect(svg).toContain('Accuracy on the test set')
      expect(svg).not.toContain('var(')
      const model = await saved('Save the Quadratic network')
      await drop(page, [{ name: 'mine.json', bytes: Buffer.from(model), type: 'application/json' }])
      const [, , , , , correct, n] = rows.find(([, cost, , epoch]) => cost === 'quadratic' && epoch === '2')!
      const plain = (text: string): string => text.replaceAll(/[^ -~]|,/g, '')
      const answer = await page.getByText(/^mine\.json reads /).textContent()
      expect(plain(answer!)).toBe(`mine.json reads ${correct} of ${n} test images correctly.`)
    })
  })

  it('trains on IDX files and pictures that are dropped on it, and says in words what it cannot read', async () => {
    const idx = await drawn(mkdtempSync(join(folder, 'own-')))
    const files = readdirSync(idx).map(name => ({ name, bytes: readFileSync(join(idx, name)), type: '' }))
    const pictures = digits(12).map((digit, i) => ({
      name: `${i % 10}-${i}.png`,
      bytes: greyPng(digit),
      type: 'image/png',
    }))
    await opened('#data=digits&train-size=500&epochs=1&show=network,files', async page => {
      const trained = async (on: string): Promise<void> => {
        await page.getByText(on).waitFor()
        await page.locator('#run:enabled').click()
        await finished(page)
      }
      await drop(page, files)
      await trained('train-images-idx3-ubyte: 600 training images, 200 test images')
      await drop(page, pictures)
      await trained('12 pictures: 10 training images, 2 test images')
      await drop(page, [{ ...pictures[0]!, name: 'seven.png' }])
      await page.getByText('seven.png: the name of a picture begins with its digit').waitFor()
      await drop(page, [{ name: '7.png', bytes: Buffer.from('no picture'), type: 'image/png' }])
      await page.getByText('7.png: the browser cannot open this picture').waitFor()
      await drop(
        page,
        files.filter(({ name }) => name.startsWith('t10k-labels')),
      )
      await page.getByText('t10k-labels-idx1-ubyte: images and labels are two files').waitFor()
      await page.getByRole('button', { name: '简体中文' }).click()
      await page.getByText('无法打开：t10k-labels-idx1-ubyte：图像和标签是两个文件，请一起打开').waitFor()
    })
  })

  it('what is being typed stays while the training shows its frames; what is refused is said', async () => {
    await opened('#data=digits&train-size=500&epochs=10000&show=network', async page => {
      await page.locator('#run:enabled').click()
      await page.locator('#settings summary').click()
      await page.locator('#first-eta').fill('zero')
      await page.evaluate(
        'new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(resolve))))',
      )
      expect(await page.locator('#first-eta').inputValue()).toBe('zero')
      await page.keyboard.press('Enter')
      await page.getByText('These settings cannot be used: eta zero: not a number above 0').waitFor()
      // the reader keeps his place, and sees the alert there
      expect(await page.evaluate('document.activeElement.id')).toBe('first-eta')
      const { y } = (await page.getByRole('alert').boundingBox())!
      expect(y).toBeGreaterThanOrEqual(0)
      expect(y).toBeLessThan(page.viewportSize()!.height)
      await page.getByRole('button', { name: '简体中文' }).click()
      await page.getByText('无法使用这些设置：学习率 η“zero”无效，应为大于 0 的数').waitFor()
    })
  })

  it('a lesson shows the parts that its link names, with settings that are fixed', async () => {
    await opened('#data=digits&train-size=500&show=network,files&lock=true', async page => {
      await page.getByText('The settings of this lesson are fixed.').waitFor({ state: 'attached' })
      expect(
        await page.evaluate(`[...document.querySelectorAll('main > section')].map(({ id }) => id)`),
      ).toEqual(['network', 'files'])
      expect(await page.locator('#first-eta').isDisabled()).toBe(true)
      expect(await page.locator('#files input[type=file]').isDisabled()).toBe(true)
      expect(await page.getByRole('button', { name: 'Generated digits' }).isDisabled()).toBe(true)
    })
  })

  it('beside the documentation it links to it, and alone it does not', async () => {
    const documentation = '../index.html'
    const { file } = await buildPage(root, { folder: join(folder, 'site', 'page'), documentation })
    const link = (page: Page) => page.getByRole('link', { name: 'The documentation of network2' })
    await opened(
      '',
      async page => {
        const href = await link(page).getAttribute('href')
        expect(href).toBe(pathToFileURL(join(folder, 'site', 'index.html')).href)
      },
      {},
      pathToFileURL(file).href,
    )
    await opened('', async page => {
      await page.locator('footer').waitFor()
      expect(await link(page).count()).toBe(0)
    })
  })

  it('speaks the language of the browser, of ?lang, and of its switch', async () => {
    await opened('', page => page.locator('#run', { hasText: '运行' }).waitFor(), { locale: 'zh-CN' })
    await opened('?lang=zh', async page => {
      await page.locator('#run', { hasText: '运行' }).waitFor()
      await page.getByRole('button', { name: 'English' }).click()
      await page.locator('#run', { hasText: 'Run' }).waitFor()
      expect(await page.evaluate('document.documentElement.lang')).toBe('en')
    })
  })
})
