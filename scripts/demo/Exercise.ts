/** The demo's repository: a small program with a failing test. */
export const files: Readonly<Record<string, string>> = {
  "package.json": `${
    JSON.stringify(
      { name: "slugs", version: "1.0.0", type: "module", private: true, scripts: { test: "node --test" } },
      null,
      2
    )
  }\n`,
  "README.md": "# slugs\n\nTurns a title into what can stand in a URL.\n",
  "slug.js": `/** "Hello, World!" becomes "hello-world". */
export const slug = (title) => title.toLowerCase().replace(" ", "-")
`,
  "slug.test.js": `import assert from "node:assert/strict"
import test from "node:test"
import { slug } from "./slug.js"

test("joins words with a hyphen", () => {
  assert.equal(slug("Hello World"), "hello-world")
})

test("leaves punctuation out", () => {
  assert.equal(slug("Hello, dear World"), "hello-dear-world")
})
`
}

export const task =
  "The test of slug() fails: punctuation gets into the slug, and only the first space becomes a hyphen. Fix it."

/** The first try of the scripted model: the tests pass, but a title that ends with punctuation leaves a hyphen behind. */
export const firstFix = {
  action: "replace",
  path: "slug.js",
  old: `title.toLowerCase().replace(" ", "-")`,
  new: `title.toLowerCase().replace(/[^a-z0-9]+/g, "-")`
}

export const finding =
  "A title that begins or ends with punctuation gets a hyphen at the edge: slug(\"Hello, World!\") is \"hello-world-\", which is not what the comment promises. Trim it, and add a test."

export const secondFix = {
  action: "replace",
  path: "slug.js",
  old: `.replace(/[^a-z0-9]+/g, "-")`,
  new: `.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "")`
}

export const newTest = {
  action: "replace",
  path: "slug.test.js",
  old: `test("leaves punctuation out", () => {`,
  new: `test("has no hyphen at its edges", () => {
  assert.equal(slug("Hello, World!"), "hello-world")
  assert.equal(slug("¡Hola!"), "hola")
})

test("leaves punctuation out", () => {`
}
