/** The demo's repository: a small program, and its tests, which pass. */
export const files: Readonly<Record<string, string>> = {
  "package.json": `${
    JSON.stringify(
      { name: "slugs", version: "1.0.0", type: "module", private: true, scripts: { test: "node --test" } },
      null,
      2
    )
  }\n`,
  "README.md": "# slugs\n\nTurns a title into what can stand in a URL.\n",
  "slug.js": `/** "Hello World" becomes "hello-world". */
export const slug = (title) => title.toLowerCase().replaceAll(" ", "-")
`,
  "slug.test.js": `import assert from "node:assert/strict"
import test from "node:test"
import { slug } from "./slug.js"

test("joins words with a hyphen", () => {
  assert.equal(slug("Hello dear World"), "hello-dear-world")
})

test("leaves a name as it is", () => {
  assert.equal(slug("node_modules"), "node_modules")
})
`
}

export const task = "Punctuation gets into the slug: slug(\"Hello, World!\") is \"hello,-world!\". Leave it out."

/** The first try of the scripted model: it breaks a test that was there, and says that all pass. */
export const firstFix = {
  action: "replace",
  path: "slug.js",
  old: `title.toLowerCase().replaceAll(" ", "-")`,
  new: `title.toLowerCase().replace(/[^a-z0-9]+/g, "-")`
}

export const firstTest = {
  action: "replace",
  path: "slug.test.js",
  old: `test("leaves a name as it is", () => {`,
  new: `test("leaves punctuation out", () => {
  assert.equal(slug("Hello, dear World"), "hello-dear-world")
})

test("leaves a name as it is", () => {`
}

export const repair = {
  action: "replace",
  path: "slug.js",
  old: `/[^a-z0-9]+/g`,
  new: `/[^a-z0-9_]+/g`
}

export const finding =
  "A title that begins or ends with punctuation gets a hyphen at the edge: slug(\"Hello, World!\") is \"hello-world-\", which is not what was asked. Trim it, and add a test."

export const secondFix = {
  action: "replace",
  path: "slug.js",
  old: `.replace(/[^a-z0-9_]+/g, "-")`,
  new: `.replace(/[^a-z0-9_]+/g, "-").replace(/^-|-$/g, "")`
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
