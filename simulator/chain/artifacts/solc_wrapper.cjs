#!/usr/bin/env node
// The npm package `solc` behind the two options of the native compiler that other tools use:
// `--version` and `--standard-json [FILE]` (else standard input). The package's own command line
// cuts its answer at 64 KiB on a pipe, because it exits before all of it is written.
//
// Usable by hand, as Foundry's `solc = "path/to/solc_wrapper.cjs"`, or under the name of a compiler
// in py-solc-x's folder. Options: --package FOLDER (which solc package), --base-path FOLDER,
// --include-path FOLDER (repeatable): where imports that the input does not hold are read from.
// --allow-paths is taken and ignored: nothing outside of the two folders above is ever read.
'use strict'

const fs = require('fs')
const path = require('path')

function fail (message) {
  process.stderr.write(`solc wrapper: ${message}\n`)
  process.exitCode = 1
}

function parse (words) {
  const options = { includes: [] }
  for (let at = 0; at < words.length; at++) {
    const [name, joined] = words[at].split(/=(.*)/s)
    const value = () => {
      const given = joined !== undefined ? joined : words[++at]
      if (given === undefined) throw new Error(`${name} needs a value`)
      return given
    }
    if (name === '--version') options.version = true
    else if (name === '--standard-json') {
      options.compile = true
      if (words[at + 1] !== undefined && !words[at + 1].startsWith('-')) options.input = words[++at]
    } else if (name === '--package') options.package = value()
    else if (name === '--base-path') options.base = value()
    else if (name === '--include-path' || name === '-I') options.includes.push(value())
    else if (name === '--allow-paths') value()
    else throw new Error(`unknown option ${words[at]}`)
  }
  if (!options.version && !options.compile) {
    throw new Error('give --version or --standard-json')
  }
  return options
}

function load (folder) {
  const start = folder === undefined
    ? require.resolve('solc', { paths: [process.cwd(), __dirname] })
    : path.resolve(folder)
  return require(start)
}

// Imports of the input that it does not contain itself. A name that leads out of the folders, by
// dots or by a link, is not read.
function importer (options) {
  const folders = [options.base, ...options.includes].filter((folder) => folder !== undefined)
  const roots = folders.map((folder) => fs.realpathSync(folder))
  return (name) => {
    for (const root of roots) {
      try {
        const file = fs.realpathSync(path.resolve(root, name))
        const within = path.relative(root, file)
        if (within.startsWith('..') || path.isAbsolute(within)) continue
        return { contents: fs.readFileSync(file, 'utf8') }
      } catch (error) {
        if (!['ENOENT', 'ENOTDIR', 'EISDIR'].includes(error.code)) return { error: error.message }
      }
    }
    return { error: `File not found in ${folders.join(', ') || 'the input'}` }
  }
}

// No process.exit anywhere: node ends by itself once everything is written.
function main () {
  const options = parse(process.argv.slice(2))
  const compiler = load(options.package)
  if (options.version) {
    const text = 'solc, the solidity compiler commandline interface'
    process.stdout.write(`${text}\nVersion: ${compiler.version()}\n`)
    return
  }
  const input = fs.readFileSync(options.input === undefined ? 0 : options.input, 'utf8')
  const read = importer(options)
  // Packages before 0.6 take the callback itself, and before 0.5 `compile` is something else.
  const answer = compiler.compileStandardWrapper
    ? compiler.compileStandardWrapper(input, read)
    : compiler.compile(input, { import: read })
  process.stdout.write(answer + '\n')
}

process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') fail(error.message)
})
try {
  main()
} catch (error) {
  fail(error.message)
}
