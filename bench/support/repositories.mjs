// Git repositories to work on, bare, made by `git fast-import`.

import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { run } from "./processes.mjs"

const author = "Bench <bench@localhost> 1700000000 +0000"

const git = (directory, ...args) => run("git", ["--git-dir", directory, ...args])

/** Makes a repository of commits, each the files that it adds: an iterable of [path, content]. */
const importCommits = async (directory, commits) => {
  await run("git", ["init", "--quiet", "--bare", "--initial-branch=main", directory])
  const child = spawn("git", ["--git-dir", directory, "fast-import", "--quiet"], {
    stdio: ["pipe", "ignore", "inherit"],
    detached: true
  })
  const closed = once(child, "close")
  const write = async (part) => {
    if (!child.stdin.write(part)) await once(child.stdin, "drain")
  }
  for (const [index, files] of commits.entries()) {
    const message = `Commit ${index + 1}`
    await write(`commit refs/heads/main\ncommitter ${author}\ndata ${message.length}\n${message}\n`)
    for (const [path, content] of files) {
      await write(`M 100644 inline ${path}\ndata ${content.length}\n`)
      await write(content)
      await write("\n")
    }
  }
  child.stdin.end()
  const [code] = await closed
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`)
}

/** A repository of a few lines, `notes.txt` among them. */
export const smallRepository = (directory) =>
  importCommits(directory, [[["notes.txt", Buffer.from("one\ntwo\nthree\n")], ["README.md", Buffer.from("# Bench\n")]]])

/** A repository of so many files of random bytes, in twenty commits. */
export const largeRepository = (directory, { bytes, files }) => {
  const each = Math.round(bytes / files)
  const perCommit = Math.ceil(files / 20)
  const commits = Array.from({ length: Math.ceil(files / perCommit) }, (_, commit) =>
    function*() {
      for (let file = commit * perCommit; file < Math.min(files, (commit + 1) * perCommit); file++) {
        yield [`src/${file % 200}/file-${file}.bin`, randomBytes(each)]
      }
    })
  return importCommits(directory, commits.map((make) => make()))
}

/** A file's content on a branch; fails where there is no such branch or file. */
export const fileOn = (directory, branch, path) => git(directory, "show", `${branch}:${path}`)
