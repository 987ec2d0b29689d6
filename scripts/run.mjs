#!/usr/bin/env node
/**
 * All npm scripts start here, and the command network2: `node scripts/run.mjs COMMAND ARGS…`. This file must run on every
 * old version of Node, to say which one is needed, before anything is installed or imported.
 */
const version = process.versions.node.split('.').map(Number)

if (version[0] < 20 || (version[0] === 20 && version[1] < 12)) {
  process.stderr.write(
    'network2: Node ' +
      process.versions.node +
      ' is too old: Node 20.12 or later is needed\n' +
      '  install it from https://nodejs.org (or with nvm: nvm install 22), then run the same command again\n',
  )
  process.exitCode = 2
} else import('./commands.mjs')
