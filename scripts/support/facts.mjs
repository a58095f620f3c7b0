// Facts about the repository that are checked by `npm run check` and by `test/ground`.

import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { inRoot, readJson, root } from "./project.mjs"

/** Every directory below a `node_modules` that holds the package of that name. */
export const installations = (name, directory = inRoot("node_modules")) => {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory() || entry.name.startsWith(".")) return []
    const path = join(directory, entry.name)
    if (entry.name.startsWith("@")) return installations(name, path)
    const manifest = join(path, "package.json")
    const isIt = entry.name === name && existsSync(manifest) && readJson(manifest).name === name
    const found = isIt ? [{ path: relative(root, path), version: readJson(manifest).version }] : []
    return [...found, ...installations(name, join(path, "node_modules"))]
  })
}

/** The lines of a document's shell blocks, without prompts and comments. */
export const shellLines = (markdown) =>
  [...markdown.matchAll(/^```(?:sh|bash|shell|console)\n(.*?)^```/gms)]
    .flatMap(([, block]) => block.replace(/\\\n\s*/g, "").split("\n"))
    .map((line) => line.replace(/^\$ /, "").replace(/\s+#.*$/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("#"))

/** The npm scripts that a document tells people to run. */
export const namedScripts = (markdown) => [
  ...new Set(
    shellLines(markdown).flatMap((line) =>
      [...line.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start))\b/g)].map(([, run, short]) => run ?? short)
    )
  )
]

/** The uses of `opentl` that a document shows people, each as its command and its flags. */
export const shownCommands = (markdown) =>
  shellLines(markdown).flatMap((line) =>
    [...line.matchAll(/(?:^|[\s;&|])(?:npx )?opentl ((?:sandbox )?[a-z]+)([^;&|]*)/g)].map(([, command, rest]) => ({
      command,
      flags: [...rest.replace(/"[^"]*"/g, "").matchAll(/\s(--[a-z-]+)/g)].map(([, flag]) => flag)
    }))
  )

/** Every document of the repository, as [path, text]. */
export const documents = () =>
  [...readdirSync(root), ...readdirSync(inRoot("docs"), { recursive: true }).map((name) => join("docs", name))]
    .filter((name) => name.endsWith(".md"))
    .map((name) => [name, readFileSync(inRoot(name), "utf8")])

/** A heading's anchor as the forge makes it. */
const anchorOf = (heading) =>
  heading.replace(/`/g, "").trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-")

const anchorsIn = (markdown) =>
  new Set(
    [...markdown.replace(/^```.*?^```/gms, "").matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => anchorOf(heading))
  )

/** Links of a document to files or headings that do not exist. */
export const brokenLinks = (path, markdown) =>
  [...markdown.replace(/^```.*?^```/gms, "").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file, anchor] = link.split("#")
      const target = file === "" ? inRoot(path) : resolve(dirname(inRoot(path)), file)
      if (!existsSync(target)) return true
      return anchor !== undefined && target.endsWith(".md") && !anchorsIn(readFileSync(target, "utf8")).has(anchor)
    })
