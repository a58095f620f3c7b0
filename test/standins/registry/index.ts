/**
 * A registry of npm's on the loopback, under its real name: a proxy leads to it whatever is asked for, and its certificate is
 * one that a sandbox is told to trust. It keeps what it was asked for.
 */
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import * as Http from "node:http"
import * as Https from "node:https"
import * as Net from "node:net"
import { gzipSync } from "node:zlib"
import * as Tar from "../../../src/services/sandbox/Tar.ts"

const host = "registry.npmjs.org"

/** What stands for a connection that was refused. */
export const refused = "(refused)"

/** A package's files, by name. */
export type Package = Readonly<Record<string, string>>

export interface Published {
  readonly name: string
  readonly version: string
  readonly integrity: string
  readonly resolved: string
}

const tarball = (files: Package) =>
  Effect.gen(function*() {
    const entries = Object.entries(files).map(([path, text]) =>
      Tar.TarEntry.Text({ path: `package/${path}`, mode: 0o644, owner: 0, text })
    )
    const parts = yield* Stream.runCollect(yield* Tar.pack(entries))
    return gzipSync(Buffer.concat([...parts]))
  }).pipe(Effect.orDie)

/** A key and a certificate of its own, in a directory of the test's. */
const makeCertificate = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "opentl-registry-" })
  const [key, certificate] = [`${directory}/key.pem`, `${directory}/certificate.pem`]
  const arguments_ = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=${host}`
  const code = yield* Command.exitCode(Command.make(
    "openssl",
    ...arguments_.split(" "),
    "-addext",
    `subjectAltName=DNS:${host}`,
    "-keyout",
    key,
    "-out",
    certificate
  ))
  if (code !== 0) return yield* Effect.dieMessage("openssl made no certificate")
  return { certificate, key: yield* fs.readFileString(key), text: yield* fs.readFileString(certificate) }
}).pipe(Effect.orDie)

const listening = (server: Net.Server) =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () => Effect.sync(() => server.close())
  )

/** Serves until the scope closes. */
export const make = Effect.gen(function*() {
  const files = new Map<string, { readonly body: Uint8Array | string }>()
  const asked: Array<string> = []
  const waiting: Array<() => void> = []
  const state = { isDown: false, isHeld: false }
  const { certificate, key, text } = yield* makeCertificate

  const server = Https.createServer({ key, cert: text }, (request, response) => {
    const path = decodeURIComponent(request.url ?? "")
    asked.push(path)
    const answer = () => {
      const found = files.get(path)
      response.writeHead(found === undefined ? 404 : 200).end(found?.body ?? "{}")
    }
    if (state.isHeld) waiting.push(answer)
    else answer()
  })
  const port = yield* listening(server)
  yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))

  const connections = new Set<{ readonly destroy: () => void }>()
  const proxy = Http.createServer().on("connect", (_request, client) => {
    connections.add(client)
    client.on("error", () => {})
    if (state.isDown) {
      asked.push(refused)
      client.end("HTTP/1.1 502 Bad Gateway\r\n\r\n")
      return
    }
    const upstream = Net.connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n")
      client.pipe(upstream)
      upstream.pipe(client)
    })
    connections.add(upstream)
    upstream.on("error", () => client.destroy())
  })
  const proxyPort = yield* listening(proxy)
  yield* Effect.addFinalizer(() => Effect.sync(() => connections.forEach((each) => each.destroy())))

  const published = new Map<string, Map<string, unknown>>()

  return {
    /** The proxy that leads to it. */
    proxy: `http://127.0.0.1:${proxyPort}`,
    /** The file with its certificate. */
    certificate,
    /** The paths that it was asked for since the last time. */
    asked: Effect.sync(() => asked.splice(0)),
    /** Whether it cannot be reached. */
    setDown: (isDown: boolean) => Effect.sync(() => void Object.assign(state, { isDown })),
    /** Whether it lets everybody wait for an answer. */
    hold: (isHeld: boolean) =>
      Effect.sync(() => {
        Object.assign(state, { isHeld })
        if (!isHeld) waiting.splice(0).forEach((answer) => answer())
      }),
    /** Waits until somebody waits. */
    untilAsked: Effect.sync(() => waiting.length > 0).pipe(
      Effect.repeat({ until: (isAsked) => isAsked, schedule: Schedule.spaced("20 millis") })
    ),
    publish: Effect.fnUntraced(function*(name: string, version: string, contents: Package) {
      const manifest = { name, version, main: "index.js" }
      const body = yield* tarball({ "package.json": JSON.stringify(manifest), ...contents })
      const path = `/${name}/-/${name}-${version}.tgz`
      const integrity = `sha512-${createHash("sha512").update(body).digest("base64")}`
      const resolved = `https://${host}${path}`
      const versions = (published.get(name) ?? new Map<string, unknown>()).set(version, {
        ...manifest,
        dist: { integrity, tarball: resolved }
      })
      published.set(name, versions)
      files.set(path, { body })
      files.set(`/${name}`, {
        body: JSON.stringify({ name, "dist-tags": { latest: version }, versions: Object.fromEntries(versions) })
      })
      return { name, version, integrity, resolved } satisfies Published
    })
  }
})

export type Registry = Effect.Effect.Success<typeof make>

/** `package.json` and npm's lock file of a project that depends on these packages. */
export const project = (packages: ReadonlyArray<Published>, more: Readonly<Record<string, unknown>> = {}) => {
  const dependencies = Object.fromEntries(packages.map(({ name, version }) => [name, version]))
  const manifest = { name: "app", version: "1.0.0", private: true, dependencies, ...more }
  const { scripts: _, ...root } = { scripts: {}, ...manifest }
  return {
    "package.json": `${JSON.stringify(manifest, undefined, 2)}\n`,
    "package-lock.json": `${
      JSON.stringify(
        {
          name: "app",
          version: "1.0.0",
          lockfileVersion: 3,
          requires: true,
          packages: {
            "": root,
            ...Object.fromEntries(
              packages.map(({ integrity, name, resolved, version }) => [
                `node_modules/${name}`,
                { version, resolved, integrity }
              ])
            )
          }
        },
        undefined,
        2
      )
    }\n`
  }
}
