import { assert, describe, it } from "@effect/vitest"
import { weakenedTests } from "../../src/domain/WeakenedTests.ts"
import { added, diffOf } from "../support/Patches.ts"
import { changed, deleted, found } from "../support/Weakening.ts"

describe("tests are weakened", () => {
  it("by a test file that is deleted, or renamed so that no runner takes it", () => {
    assert.deepStrictEqual(found(deleted("src/a.test.ts", "it(\"a\", () => {})", "  test(\"b\", f)")), [
      "src/a.test.ts: test file deleted, with 2 tests"
    ])
    assert.deepStrictEqual(found(deleted("tests/test_a.py", "import a")), ["tests/test_a.py: test file deleted"])
    assert.deepStrictEqual(
      found(changed("src/a.old.ts", [" x"], { status: "renamed", previousPath: "src/a.test.ts" })),
      ["src/a.old.ts: renamed from src/a.test.ts: its name is no longer a test's"]
    )
  })

  it("also where the diff was cut before that file", () => {
    const { changed } = diffOf([deleted("src/a.test.ts", "x")])
    assert.deepStrictEqual(weakenedTests(changed, []), [{ file: "src/a.test.ts", what: "test file deleted" }])
  })

  const removals: ReadonlyArray<readonly [path: string, ...tests: ReadonlyArray<string>]> = [
    ["a.test.ts", "it(\"a\", () => {", "  it.effect(\"b\", () =>", "test.each([1])(\"c\", () => {", "  it.prop("],
    ["tests/a.spec.jsx", "specify('a', f)", "it(`a`, f)"],
    ["tests/test_a.py", "def test_a():", "    async def test_b(self):"],
    ["a/b_test.go", "func TestA(t *testing.T) {", "func (s *Suite) TestB() {"],
    ["src/lib.rs", "    #[test]", "    #[tokio::test(flavor = \"multi_thread\")]"],
    ["src/test/java/ATest.java", "    @Test", "  @ParameterizedTest(name = \"x\")"],
    ["a/ATests.cs", "    [Fact]", "    [Theory]"],
    ["spec/a_spec.rb", "  it \"does\" do", "  it 'does not' do"],
    ["tests/ATest.php", "    public function testA(): void"],
    ["test/a_test.exs", "  test \"a\" do"]
  ]
  for (const [path, ...tests] of removals) {
    it(`by tests that are removed: ${path}`, () => {
      const count = tests.length === 1 ? "1 test" : `${tests.length} tests`
      assert.deepStrictEqual(found(changed(path, [" x", ...tests.map((test) => `-${test}`)])), [
        `${path}: ${count} removed`
      ])
      assert.deepStrictEqual(found(changed(path, [" x", ...tests.map((test) => `+${test}`)])), [])
      assert.deepStrictEqual(found(changed(path, tests.map((test) => ` ${test}`))), [])
    })
  }

  it("by more tests removed than added", () => {
    const lines = ["-it(\"a\", f)", "-it(\"b\", f)", "-it(\"c\", f)", "+it(\"d\", f)"]
    assert.deepStrictEqual(found(changed("a.test.ts", lines)), ["a.test.ts: 2 tests removed"])
    assert.deepStrictEqual(found(changed("a.test.ts", ["-it(\"a\", f)", "+// it(\"a\", f)"])), [
      "a.test.ts: 1 test removed"
    ])
  })

  const skips: ReadonlyArray<readonly [path: string, ...lines: ReadonlyArray<string>]> = [
    [
      "a.test.ts",
      "it.skip(\"a\", f)",
      "describe.only(\"a\", () => {",
      "  xit('a', f)",
      "xdescribe(\"a\", f)",
      "it.todo(\"a\")",
      "it.effect.skip(\"a\", f)",
      "test.skipIf(isSlow)(\"a\", f)",
      "fit(\"a\", f)",
      "const test = isSlow ? it.skip : it",
      "  test.fixme()",
      "it.fails(\"a\", f)"
    ],
    [
      "tests/test_a.py",
      "@pytest.mark.skip(reason=\"slow\")",
      "    @pytest.mark.skipif(sys.platform == \"win32\", reason=\"x\")",
      "@pytest.mark.xfail",
      "@unittest.skip(\"x\")",
      "    pytest.skip(\"x\")",
      "        self.skipTest(\"x\")",
      "pytestmark = pytest.mark.skip"
    ],
    ["a_test.go", "\tt.Skip(\"slow\")", "\tt.SkipNow()"],
    ["src/lib.rs", "    #[ignore]", "#[ignore = \"slow\"]"],
    ["ATest.java", "    @Disabled(\"slow\")", "@Ignore"],
    ["ATests.cs", "    [Fact(Skip = \"slow\")]"],
    ["spec/a_spec.rb", "  xit \"does\" do", "    skip \"slow\""],
    ["tests/ATest.php", "    $this->markTestSkipped('slow');"],
    ["test/a_test.exs", "  @tag :skip"]
  ]
  for (const [path, ...lines] of skips) {
    it(`by what skips them: ${path}`, () => {
      for (const line of lines) {
        const quoted = line.trim().replaceAll("\t", "")
        assert.include(found(changed(path, [" x", `+${line}`])), `${path}: 1 added that skips tests: "${quoted}"`)
        assert.notInclude(found(changed(path, [" x", `-${line}`])).join("\n"), "skip")
        assert.deepStrictEqual(found(changed(path, ["-x", ` ${line}`])), [])
      }
    })
  }

  it("by a file that is emptied, and has no calls that are known for tests", () => {
    assert.deepStrictEqual(
      found(changed("test/run.test.ts", ["-import \"./cases.ts\"", "-runAll()"])),
      ["test/run.test.ts: test file emptied"]
    )
    assert.deepStrictEqual(found(changed("test/run.test.ts", ["-runAll()", "+run()"])), [])
    assert.deepStrictEqual(found(changed("test/a.test.ts", ["-it(\"a\", f)"])), ["test/a.test.ts: 1 test removed"])
    assert.deepStrictEqual(found(changed("src/run.ts", ["-runAll()"])), [])
  })

  it("by a body that is commented out, line by line or as a whole", () => {
    const body = ["   const a = f()", "   expect(a).toBe(1)"]
    const minus = body.map((line) => `-${line.slice(1)}`)
    assert.deepStrictEqual(
      found(
        changed("a.test.ts", [" it(\"a\", () => {", ...minus, "+  // const a = f()", "+  // expect(a).toBe(1)", " })"])
      ),
      ["a.test.ts: 2 lines commented out"]
    )
    assert.deepStrictEqual(
      found(changed("tests/test_a.py", [" def test_a():", "-    assert f()", "+    # assert f()", "+    pass"])),
      ["tests/test_a.py: 1 line commented out"]
    )
    assert.deepStrictEqual(
      found(changed("a.test.ts", [" it(\"a\", () => {", "+  /*", ...body, "+  */", " })"])),
      ["a.test.ts: 2 lines commented out"]
    )
    assert.deepStrictEqual(
      found(changed("tests/test_a.py", [" def test_a():", "+    \"\"\"", "     assert f()", "+    \"\"\""])),
      ["tests/test_a.py: 1 line commented out"]
    )
  })

  it("by several, of which some are quoted, each cut", () => {
    const lines = Array.from({ length: 5 }, (_, i) => `+it.skip("${"a".repeat(90)}${i}", f)`)
    const [what = ""] = found(changed("a.test.ts", lines))
    assert.match(what, /^a\.test\.ts: 5 added that skip tests: "it\.skip\("a{70}…", ".*…", ".*…", …$/)
  })
})

describe("tests are not weakened", () => {
  it("by a test or a skip that was moved, in its file or to another one", () => {
    assert.deepStrictEqual(found(changed("a.test.ts", ["-it.skip(\"a\", f)", " x", "+  it.skip(\"a\", f)"])), [])
    assert.deepStrictEqual(
      found(
        changed("a.test.ts", ["-it(\"a\", f)", "-it.skip(\"b\", f)"]),
        added("b.test.ts", "it(\"a\", f)\nit.skip(\"b\", f)")
      ),
      []
    )
    assert.deepStrictEqual(found(deleted("a.test.ts", "it(\"a\", f)"), added("b.test.ts", "it(\"a\", f)")), [])
  })

  it("where one test was moved and two are gone", () =>
    assert.deepStrictEqual(
      found(
        changed("a.test.ts", ["-it(\"works\", f)"]),
        changed("b.test.ts", ["-it(\"works\", f)"]),
        added("c.test.ts", "it(\"works\", f)")
      ),
      ["b.test.ts: 1 test removed"]
    ))

  it("by the words in other files, in comments and in strings", () => {
    assert.deepStrictEqual(found(changed("src/a.ts", ["+it.skip(1)", "-test(\"x\")", "+// it.only"])), [])
    assert.deepStrictEqual(found(changed("docs/testing.md", ["+it.skip(\"a\", f)", "+@pytest.mark.skip"])), [])
    assert.deepStrictEqual(
      found(changed("a.test.ts", [
        "+// it.skip is not used here",
        "+ * describe.only",
        "+expect(found(\"it.skip(x)\")).toBe('test.only')",
        "+iterator.skip(3)",
        "+f(x) // it.skip"
      ])),
      []
    )
    assert.deepStrictEqual(
      found(changed("tests/test_a.py", ["+# @pytest.mark.skip", "+x = \"@pytest.mark.skip\""])),
      []
    )
    assert.deepStrictEqual(found(deleted("test/support/data.json", "x"), deleted("src/a.ts", "test(\"x\")")), [])
  })

  it("by comments that are written or taken away", () => {
    assert.deepStrictEqual(
      found(
        changed("tests/test_a.py", [" def test_a():", "+    \"\"\"", "+    Says a.", "+    \"\"\"", "     assert f()"])
      ),
      []
    )
    assert.deepStrictEqual(
      found(changed("a.test.ts", ["+/* why */", "+/*", "+ * why", "+ */", " f()", "+// as f"])),
      []
    )
    assert.deepStrictEqual(found(changed("a.test.ts", ["-// f()", "+f()"])), [])
    assert.deepStrictEqual(found(changed("src/a.ts", ["-f()", "+// f()"])), [])
  })

  it("by a test that got another name, or a file that is still a test", () => {
    assert.deepStrictEqual(found(changed("a.test.ts", ["-it(\"a\", f)", "+it(\"b\", f)"])), [])
    assert.deepStrictEqual(
      found(changed("b.test.ts", [" x"], { status: "renamed", previousPath: "a.test.ts" })),
      []
    )
  })
})
