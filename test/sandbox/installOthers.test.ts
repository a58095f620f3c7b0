/** Python's and Go's packages: from the registries where they can be reached, and from the repository itself. */
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { installing, itInstalls } from "./InstallKit.ts"
import * as Locks from "./InstallLocks.ts"

const pypi = ["pypi.org", "files.pythonhosted.org"]
const goProxy = ["proxy.golang.org", "sum.golang.org"]

const wheel = "opentl_hello-1.0-py3-none-any.whl"
const readWheel = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.readFile(new URL(wheel, import.meta.url).pathname)
)

describe("packages of Python", () => {
  itInstalls(
    "venv and pip, from a wheel of the repository, where the image has python",
    { tool: "python" },
    (session) =>
      Effect.gen(function*() {
        const { show, told } = yield* session(
          { [wheel]: yield* readWheel, "requirements.txt": `--no-index\n./${wheel}\n` },
          [
            "pip uninstall --yes opentl-hello",
            `pip install --no-index ./${wheel}`,
            "python3 -c 'import opentl_hello, sys; print(opentl_hello.hello(), sys.prefix)' > uses.txt"
          ].join(" && ")
        )
        assert.deepStrictEqual(
          installing(told),
          ["Installing dependencies (pip install -r requirements.txt)"],
          told.join("\n")
        )
        assert.strictEqual(yield* show("uses.txt"), "hello /workspace/home/venv")
      })
  )

  itInstalls("pip, from PyPI where it answers", { hosts: pypi, tool: "python" }, (session) =>
    Effect.gen(function*() {
      const { show, told } = yield* session(
        Locks.six,
        "pip install iniconfig==2.0.0 && python3 -c 'import iniconfig, six; print(six.__version__)' > uses.txt"
      )
      assert.deepStrictEqual(
        installing(told),
        ["Installing dependencies (pip install -r requirements.txt)"],
        told.join("\n")
      )
      assert.strictEqual(yield* show("uses.txt"), "1.17.0")
    }))

  itInstalls(
    "uv, from PyPI where it answers and the image has uv",
    { hosts: pypi, tool: "uv" },
    (session) =>
      Effect.gen(function*() {
        const { show, told } = yield* session(
          Locks.uv,
          "uv add iniconfig==2.0.0 && uv run python -c 'import iniconfig, six; print(six.__version__)' > uses.txt"
        )
        assert.deepStrictEqual(installing(told), ["Installing dependencies (uv sync)"], told.join("\n"))
        assert.strictEqual(yield* show("uses.txt"), "1.17.0")
      })
  )
})

describe("modules of Go", () => {
  itInstalls("go builds what needs none, where the image has go", { tool: "go" }, (session) =>
    Effect.gen(function*() {
      const { show, told } = yield* session(Locks.goWithoutModules, "go build -o /tmp/app . && /tmp/app > uses.txt")
      assert.deepStrictEqual(installing(told), ["Installing dependencies (go mod download)"], told.join("\n"))
      assert.strictEqual(yield* show("uses.txt"), "built")
    }))

  itInstalls(
    "go, from its proxy where it answers and the image has go",
    { hosts: goProxy, tool: "go" },
    (session) =>
      Effect.gen(function*() {
        const { show, told } = yield* session(
          Locks.go,
          "go get github.com/google/uuid@v1.3.0 && go run . > uses.txt"
        )
        assert.deepStrictEqual(installing(told), ["Installing dependencies (go mod download)"], told.join("\n"))
        assert.strictEqual(yield* show("uses.txt"), "an error")
      })
  )
})
