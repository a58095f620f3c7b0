/** What may be kept of an install, by whose code decides what it gives. */
import { assert, describe, it } from "@effect/vitest"
import { type InstallKind, kindOf } from "../../src/domain/InstallKind.ts"

const treeOf = (files: Readonly<Record<string, string>>, modes: Readonly<Record<string, string>> = {}) => ({
  inputs: new Map(Object.keys(files).map((path) => [path, `${modes[path] ?? "100644"} 0123`])),
  texts: new Map(Object.entries(files))
})

const lock = (packages: Readonly<Record<string, object>> = {}, lockfileVersion = 3) =>
  JSON.stringify({ lockfileVersion, packages: { "": {}, ...packages } })

const manifest = (more: object = {}) => JSON.stringify({ name: "app", dependencies: { a: "^1.0.0" }, ...more })

const npm = {
  "package.json": manifest(),
  "package-lock.json": lock({ "node_modules/a": { resolved: "https://r/a.tgz" } })
}
const locked = (entry: object) => ({ ...npm, "package-lock.json": lock({ "node_modules/a": entry }) })
const saying = (more: object) => ({ ...npm, "package.json": manifest(more) })
const pnpm = {
  "package.json": manifest({ packageManager: "pnpm@10.20.0" }),
  "pnpm-lock.yaml": "",
  "pnpm-workspace.yaml": "packages:\n  - packages/*\n"
}

const cases: ReadonlyArray<readonly [what: string, kind: InstallKind, files: Readonly<Record<string, string>>]> = [
  ["no manifest", "none", {}],
  ["a manifest without dependencies", "none", { "package.json": `{"scripts":{"postinstall":"x"}}` }],
  ["a lock file of npm's", "whole", npm],
  ["the same as a shrinkwrap", "whole", {
    "package.json": manifest(),
    "npm-shrinkwrap.json": npm["package-lock.json"]
  }],
  ["a workspace that is linked", "whole", {
    ...locked({ link: true, resolved: "packages/a" }),
    "packages/a/package.json": manifest()
  }],
  ["a package for another system", "whole", locked({ hasInstallScript: true, os: ["darwin"] })],
  ["harmless settings", "whole", { ...npm, ".npmrc": "# a note\n@acme:registry=https://npm.acme.dev\nfund=false\n" }],
  ["no lock file", "caches", { "package.json": manifest() }],
  ["an old lock file, which does not tell of scripts", "caches", { ...npm, "package-lock.json": lock({}, 1) }],
  ["a lock file that cannot be read", "caches", { ...npm, "package-lock.json": "<<<<" }],
  ["a package with a script of its own", "caches", locked({ hasInstallScript: true })],
  ["a package of the repository", "caches", locked({ resolved: "file:vendor/a.tgz" })],
  ...["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"].map((name) =>
    [`the script ${name}`, "caches", saying({ scripts: { [name]: "node x.js" } })] as const
  ),
  ["a script of another package of the repository", "caches", {
    ...npm,
    "b/package.json": manifest({ scripts: { prepare: "x" } })
  }],
  ...["file:../a", "../a", "./a.tgz", "link:a", "github:a/b", "a/b", "git+ssh://git@x/y"].map((spec) =>
    [`a dependency ${spec}`, "caches", saying({ dependencies: { a: spec } })] as const
  ),
  ["a native addon", "caches", { ...npm, "binding.gyp": "" }],
  ["yarn, whose lock file tells of no scripts", "caches", { "package.json": manifest(), "yarn.lock": "" }],
  ["pnpm that runs no scripts of packages", "whole", pnpm],
  ["an older pnpm", "caches", { ...pnpm, "package.json": manifest({ packageManager: "pnpm@9.1.0" }) }],
  ["pnpm with a list of what may be built", "caches", {
    ...pnpm,
    "pnpm-workspace.yaml": "onlyBuiltDependencies:\n  - esbuild\n"
  }],
  ["pnpm with settings in the manifest", "caches", {
    ...pnpm,
    "package.json": manifest({ packageManager: "pnpm@10.1.0", pnpm: {} })
  }],
  ["a pnpmfile", "code", { ...pnpm, ".pnpmfile.cjs": "" }],
  ["a setting that names a program", "code", { ...npm, ".npmrc": "script-shell=./shell.sh\n" }],
  ["a setting that depends on the environment", "code", { ...npm, ".npmrc": "registry=${HERE}\n" }],
  ["a yarn of the repository's own", "code", {
    "package.json": manifest(),
    "yarn.lock": "",
    ".yarnrc.yml": "yarnPath: .yarn/y.cjs"
  }],
  ["a manifest that cannot be read", "code", { ...npm, "package.json": "{" }],
  ["a dependency that is made by a script", "code", saying({ dependencies: { a: "exec:./make.js" } })],
  ["pinned packages of Python", "whole", {
    "requirements.txt": "six==1.17.0\n# a note\nattrs[x]==24.1 ; python_version > '3'\n"
  }],
  ["packages with hashes", "whole", { "requirements.txt": "six==1.17.0 \\\n    --hash=sha256:0123abcd\n" }],
  ["packages that are not pinned", "caches", { "requirements.txt": "six>=1\nattrs\n" }],
  ["packages of any version of a line", "caches", { "requirements.txt": "six==1.*\n" }],
  ...["-e .", ".", "./a", "a/b", "-r other.txt", "a @ file:///a", "--index-url https://x", "https://x/a.whl"].map((
    line
  ) => [`the requirement ${line}`, "code", { "requirements.txt": `${line}\n` }] as const),
  ["a project of Python", "code", { "pyproject.toml": "[project]\nname = 'a'\n" }],
  ["a lock file of uv's", "code", { "pyproject.toml": "[project]\n", "uv.lock": "" }],
  ["tools that pyproject.toml configures", "none", { "pyproject.toml": "[tool.ruff]\n" }],
  ["modules of Go", "whole", { "go.mod": "module a\n\nrequire (\n\tb v1\n)\n" }],
  ["a module without others", "none", { "go.mod": "module a\n" }],
  ["two languages, of which one runs code", "code", { ...npm, "requirements.txt": "-e .\n" }]
]

describe("an install", () => {
  for (const [what, kind, files] of cases) {
    it(`with ${what}: ${kind}`, () => assert.strictEqual(kindOf(treeOf(files), undefined), kind))
  }

  it("by the repository's own lines is code", () => {
    assert.strictEqual(kindOf(treeOf(npm), ["npm ci"]), "code")
    assert.strictEqual(kindOf(treeOf(npm), []), "none")
  })

  it("whose inputs are reached through a link is code: what it leads to is no input", () =>
    assert.strictEqual(kindOf(treeOf(npm, { "package-lock.json": "120000" }), undefined), "code"))
})
