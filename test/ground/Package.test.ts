/** The package is what its manifest says, and has one version of Effect. */
import { assert, describe, it } from "@effect/vitest"
import * as Fs from "node:fs"
import { installations } from "../../scripts/support/facts.mjs"
import { manifest } from "./Manifest.ts"

describe("package", () => {
  it("is the ES module opentl, with a program and a typed library", () => {
    assert.strictEqual(manifest.name, "opentl")
    assert.strictEqual(manifest.type, "module")
    assert.strictEqual(manifest.license, "Apache-2.0")
    assert.deepStrictEqual(manifest.bin, { opentl: "./dist/bin/main.js" })
    assert.match(manifest.exports["."].types, /^\.\/dist\/lib\/.*\.d\.ts$/)
    assert.isFalse(manifest.sideEffects)
    assert.match(manifest.engines.node, /^>=20/)
  })

  it("ships what it names", () =>
    assert.includeMembers([...manifest.files], ["dist/bin", "dist/lib", "dist/sandbox", "sandbox/Dockerfile", "docs"]))

  it("has exactly one version of effect, the pinned one", () =>
    assert.deepStrictEqual(installations("effect"), [
      { path: "node_modules/effect", version: manifest.dependencies["effect"] ?? "none" }
    ]))

  it("pins every package of Effect exactly", () => {
    const effects = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })
      .filter(([name]) => name === "effect" || name.startsWith("@effect/"))
    assert.isAbove(effects.length, 10)
    assert.deepStrictEqual(effects.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)), [])
  })

  it("has a lock file of the same versions", () => {
    const lock: { readonly packages: { readonly "": object } } = JSON.parse(
      Fs.readFileSync("package-lock.json", "utf8")
    )
    assert.deepInclude(lock.packages[""], {
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies
    })
  })
})
