/**
 * A real file system without hard or symbolic links: an exFAT image, mounted by the kernel or by exfat-fuse.
 *
 * This needs root, a loop device and mkfs.exfat; elsewhere the tests that use it are skipped.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inFolder } from './cli.ts'
import { need } from './needs.ts'

const succeeds = (program: string, ...args: readonly string[]): boolean =>
  spawnSync(program, args).status === 0

/** Calls `use` with the mounted folder; returns undefined where it cannot be mounted. */
export const onExfat = <A>(use: (folder: string) => Promise<A>): Promise<A | undefined> =>
  inFolder(async parent => {
    const [image, folder] = [join(parent, 'image'), join(parent, 'exfat')]
    mkdirSync(folder)
    writeFileSync(image, '')
    truncateSync(image, 2 ** 24)
    if (!succeeds('mkfs.exfat', image)) return undefined
    const { status, stdout } = spawnSync('losetup', ['--find', '--show', image], { encoding: 'utf8' })
    if (status !== 0) return undefined
    const device = stdout.trim()
    try {
      if (!['exfat', 'exfat-fuse'].some(type => succeeds('mount', '-t', type, device, folder)))
        return undefined
      try {
        return await use(folder)
      } finally {
        execFileSync('umount', [folder])
      }
    } finally {
      execFileSync('losetup', ['--detach', device])
    }
  })

export const exfat = need(
  (await onExfat(() => Promise.resolve(true))) === true,
  'an exFAT disk cannot be made and mounted here',
)
