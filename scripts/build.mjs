// Builds `dist`: the program (`dist/bin`), what runs inside a sandbox (`dist/sandbox`), the demo (`dist/demo`, which is not
// published) and the library (`dist/lib`).
//
//   node scripts/build.mjs             all of it
//   node scripts/build.mjs --program   without the library, whose types take the compiler's time

import { spawnSync } from "node:child_process"
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs"
import { pathToFileURL } from "node:url"
import { filesBelow, inRoot, root, sourcesHash } from "./support/project.mjs"

/** Loaded at run time from `node_modules`: they carry or look for compiled code. */
const natives = [/^@parcel\/watcher/, /^msgpackr-extract/, /^bufferutil$/, /^utf-8-validate$/]

/** Copied as it is. (The image's Dockerfile stays in `sandbox`: all that lies in `dist/sandbox` goes into every run.) */
const scripts = ["entrypoint.sh", "disk.sh"]

/** Copied as well, and not run. */
const data = ["hosts"]

/**
 * What libraries make or load when they are loaded, and most command lines never use: here it is made on first use. A text
 * that is no longer in the library ends the build.
 */
const late = [
  // 20 ms; for texts that are not plain ASCII
  {
    file: /\/(string-width|wrap-ansi)\/index\.js$|\/slice-ansi\/tokenize-ansi\.js$/,
    from: /^const (\w+) = (new Intl\.Segmenter\([^)]*\));$/m,
    to: "let segmenterMade; const $1 = { segment: (text) => (segmenterMade ??= $2).segment(text) };"
  },
  // 20 ms, for the set of all emoji
  {
    file: /\/string-width\/index\.js$/,
    from: /^const (\w+) = (\/\^\\p\{RGI_Emoji\}\$\/v);$/m,
    to: "let emojiMade; const $1 = { test: (text) => (emojiMade ??= $2).test(text) };"
  },
  // 50 ms: the name alone makes node load all of `fetch`
  {
    file: /\/platform\/dist\/esm\/HttpApiClient\.js$/,
    from: /request\.payload instanceof FormData/,
    to: "Object.prototype.toString.call(request.payload) === '[object FormData]'"
  }
]

const madeLate = {
  name: "made-late",
  transform: (code, id) =>
    late.filter(({ file }) => file.test(id)).reduce((text, { from, to }) => {
      if (!from.test(text)) throw new Error(`${id} has changed: ${from} is not in it`)
      return text.replace(from, to)
    }, code)
}

/**
 * Modules of node that a sandbox's program loads by `require`. `import` makes node read all that they export, and with that
 * load what hardly any program uses: for `http` and `crypto` their parts of the web's interfaces, 15 ms in all. Those that
 * most rounds do not use are loaded on their first use.
 */
const required = { http: "at once", https: "late", crypto: "late" }

const requiredBuiltins = {
  name: "required-builtins",
  renderChunk: (code) => {
    const imported = new RegExp(`^import \\* as ([\\w$]+) from "node:(${Object.keys(required).join("|")})";$`, "gm")
    const body = code.replace(imported, (_, name, module) =>
      required[module] === "late"
        ? `const ${name} = new Proxy({}, { get: (_, key) => requireBuiltin("node:${module}")[key] });`
        : `const ${name} = requireBuiltin("node:${module}");`)
    if (body === code) return null
    return `import { createRequire } from "node:module";\nconst requireBuiltin = createRequire(import.meta.url);\n${body}`
  }
}

/**
 * Small programs of the sandbox, each one file that needs nothing beside node. What the agent needs for an editor alone is in a
 * file of its own, because a round is to load as little as possible.
 */
const sandboxPrograms = [
  { entry: "sandbox/agent/main.ts", file: "agent.mjs", chunks: "agent-[name].mjs" },
  { entry: "sandbox/acp/main.ts", file: "acp.mjs" },
  { entry: "sandbox/checks/main.ts", file: "checks.mjs" },
  { entry: "sandbox/capture.ts", file: "capture.mjs" },
  { entry: "sandbox/relay.ts", file: "relay.mjs" },
  { entry: "sandbox/bridge.ts", file: "bridge.mjs" }
]

const say = (line) => process.stdout.write(`build: ${line}\n`)

const kilobytes = (files) => `${Math.round(files.reduce((sum, file) => sum + statSync(file).size, 0) / 1024)} kB`

const bundle = async (input, output, plugins = []) => {
  const { rolldown } = await import("rolldown")
  const build = await rolldown({
    input,
    platform: "node",
    external: natives,
    resolve: { alias: { "better-sqlite3": inRoot("scripts/support/sqlite.mjs") } },
    tsconfig: false,
    plugins: [madeLate, ...plugins],
    logLevel: "warn",
    onLog: (level, log, handler) => {
      // Libraries' own cycles and unusual requires are theirs.
      if (level === "warn" && !["UNRESOLVED_IMPORT", "MISSING_EXPORT", "IMPORT_IS_UNDEFINED"].includes(log.code)) return
      handler(level, log)
    }
  })
  try {
    await build.write({
      format: "esm",
      sourcemap: false,
      minify: false,
      comments: { legal: true, annotation: false, jsdoc: false },
      ...output
    })
  } finally {
    await build.close()
  }
}

const buildProgram = async (directory) => {
  // As CommonJS: node's loader of modules takes 10 ms, a third of what help takes. The package's own type is "module".
  writeFileSync(`${directory}/package.json`, `${JSON.stringify({ type: "commonjs" })}\n`)
  await bundle(inRoot("src/main.ts"), {
    file: `${directory}/main.js`,
    format: "cjs",
    codeSplitting: false,
    banner: "#!/usr/bin/env node"
  })
  chmodSync(`${directory}/main.js`, 0o755)
  await bundle(inRoot("src/start.ts"), {
    dir: directory,
    // as scripts, whose compiled code can be kept (`src/CodeCache.ts`)
    format: "cjs",
    entryFileNames: "start.cjs",
    // All beside each other, so that what lies next to the program is found the same way from every chunk.
    chunkFileNames: "[name]-[hash].cjs"
  })
  await bundle(inRoot("src/starter.ts"), { file: `${directory}/starter.mjs`, codeSplitting: false })
  await writeCommands(directory)
}

/** The commands as the parser defines them, for the help that is printed before the program is loaded. */
const writeCommands = async (directory) => {
  const file = `${directory}/commands.mjs`
  await bundle(inRoot("src/cli/CommandsJson.ts"), { file, codeSplitting: false })
  const { commandsJson } = await import(pathToFileURL(file).href)
  writeFileSync(`${directory}/commands.json`, commandsJson)
  rmSync(file)
}

const buildSandbox = async (directory) => {
  for (const { chunks, entry, file } of sandboxPrograms) {
    if (!existsSync(inRoot(entry))) {
      say(`skipped ${entry}: not there yet`)
      continue
    }
    await bundle(
      inRoot(entry),
      chunks === undefined
        ? { file: `${directory}/${file}`, codeSplitting: false }
        : { dir: directory, entryFileNames: file, chunkFileNames: chunks },
      [requiredBuiltins]
    )
  }
  for (const file of [...scripts, ...data]) {
    copyFileSync(inRoot("sandbox", file), `${directory}/${file}`)
    chmodSync(`${directory}/${file}`, scripts.includes(file) ? 0o755 : 0o644)
  }
}

const buildDemo = (directory) =>
  bundle(inRoot("scripts/demo/Main.ts"), { file: `${directory}/main.mjs`, codeSplitting: false })

const buildLibrary = (directory) => {
  const tsc = spawnSync(
    process.execPath,
    [inRoot("node_modules/typescript/bin/tsc"), "-p", inRoot("tsconfig.build.json"), "--outDir", directory],
    { cwd: root, stdio: "inherit" }
  )
  if (tsc.status !== 0) throw new Error("the library does not compile")
}

/** Builds aside and moves into place, so that a failed build leaves the last good one. */
const part = async (name, entry, make) => {
  if (!existsSync(inRoot(entry))) return say(`skipped dist/${name}: ${entry} is not there yet`)
  const startedAt = performance.now()
  const staging = inRoot(`dist/.${name}-${process.pid}`)
  const target = inRoot("dist", name)
  try {
    mkdirSync(staging, { recursive: true })
    await make(staging)
    rmSync(target, { recursive: true, force: true })
    renameSync(staging, target)
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
  const files = filesBelow(target)
  say(`dist/${name}: ${files.length} files, ${kilobytes(files)}, ${Math.round(performance.now() - startedAt)} ms`)
}

export const build = async ({ library }) => {
  const hash = sourcesHash()
  await part("sandbox", "sandbox", buildSandbox)
  await part("bin", "src/main.ts", buildProgram)
  await part("demo", "scripts/demo/Main.ts", buildDemo)
  if (library) await part("lib", "src/index.ts", buildLibrary)
  writeFileSync(inRoot("dist/.sources"), hash)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  build({ library: !process.argv.includes("--program") }).catch((error) => {
    process.stderr.write(`build: ${error.message}\n`)
    process.exitCode = 1
  })
}
