/** For which commits a snapshot of installed dependencies is good, and how much of it. */
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Dependencies from "../../src/domain/Dependencies.ts"
import { CommitId } from "../../src/domain/Ids.ts"
import { areEqual, isInstallInput } from "../../src/domain/InstallInputs.ts"
import type { InstallKind } from "../../src/domain/InstallKind.ts"

const commitId = FastCheck.integer({ min: 0, max: 5 }).map((n) => CommitId.make(n.toString().padStart(40, "0")))
const inputs = FastCheck.array(
  FastCheck.tuple(
    FastCheck.constantFrom("package.json", "package-lock.json", "a/package.json"),
    FastCheck.constantFrom("100644 aa", "100755 aa", "100644 bb")
  )
).map((entries) => new Map(entries))
const source = FastCheck.record({
  repo: FastCheck.constantFrom("a/b", "a/c"),
  sandbox: FastCheck.constantFrom("image 1", "image 2"),
  setup: FastCheck.constantFrom(undefined, ["npm ci"], ["npm", "ci"]),
  base: commitId,
  inputs,
  kind: FastCheck.constantFrom<InstallKind>("whole", "caches", "code")
})
const target = FastCheck.record({ commit: commitId, inputs })

/** Another one that differs in some fields at most. */
const pair = FastCheck.tuple(source, source, FastCheck.infiniteStream(FastCheck.boolean())).map(
  ([one, other, differs]) => {
    const from = () => differs.next().value === true ? other : one
    return [
      one,
      {
        repo: from().repo,
        sandbox: from().sandbox,
        setup: from().setup,
        base: from().base,
        inputs: from().inputs,
        kind: from().kind
      }
    ] as const
  }
)

const isSameKey = (one: Dependencies.SnapshotSource, other: Dependencies.SnapshotSource) =>
  JSON.stringify(Dependencies.keyOf(one)) === JSON.stringify(Dependencies.keyOf(other))

describe("a snapshot of dependencies", () => {
  it.prop(
    "has the same key exactly where repository, image, setup lines and inputs are the same; of code, the commit",
    [pair],
    ([[one, other]]) => {
      const isSame = one.repo === other.repo && one.sandbox === other.sandbox && one.kind === other.kind &&
        JSON.stringify(one.setup) === JSON.stringify(other.setup) && areEqual(one.inputs, other.inputs) &&
        (one.kind !== "code" || one.base === other.base)
      assert.strictEqual(isSameKey(one, other), isSame)
    }
  )

  it.prop("has a key that does not depend on the order of the files", [source], ([one]) => {
    assert.isTrue(isSameKey(one, { ...one, inputs: new Map(Array.from(one.inputs).reverse()) }))
  })

  it.prop("takes an install's place only on the same inputs, where no code of the repository has a say", [
    source,
    target
  ], ([from, to]) => {
    const isWhole = Dependencies.useOf(from, to) === "whole"
    assert.strictEqual(isWhole, from.kind === "whole" && areEqual(from.inputs, to.inputs))
    if (isWhole) assert.strictEqual(Dependencies.contentOf(from.kind), "whole")
  })

  it.prop("tells a failed install of its own commit, and of the same inputs where no code has a say", [
    source,
    target
  ], ([from, to]) => {
    const isSame = areEqual(from.inputs, to.inputs)
    assert.strictEqual(
      Dependencies.sharesFailure(from, to),
      from.base === to.commit || (isSame && from.kind !== "code")
    )
  })
})

describe("an input of an install", () => {
  const wanted = [
    "package.json",
    "packages/a/package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "yarn.lock",
    ".yarnrc",
    ".yarnrc.yml",
    ".npmrc",
    ".pnpmfile.cjs",
    "bun.lock",
    "bun.lockb",
    "requirements.txt",
    "requirements-dev.txt",
    "requirements/dev.txt",
    "constraints.txt",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "Pipfile.lock",
    "poetry.lock",
    "uv.lock",
    "go.mod",
    "go.sum",
    "go.work",
    "Cargo.toml",
    "Cargo.lock",
    ".nvmrc",
    ".node-version",
    ".python-version",
    ".tool-versions",
    "patches/a.patch",
    "a/patches/b.patch",
    ".yarn/releases/yarn.cjs"
  ]
  it("is what names, locks or changes dependencies", () =>
    assert.deepStrictEqual(wanted.filter((path) => !isInstallInput(path)), []))

  it("is no other file", () => {
    const others = ["README.md", "src/package.json.ts", "index.js", "my-package.json", "go.modules", "dispatches/a"]
    assert.deepStrictEqual(others.filter(isInstallInput), [])
  })
})
