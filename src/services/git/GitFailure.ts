/** Explains git's failure in words for a person, without git's prefixes and without secrets. Pure. */

/** Removes credentials: authorization headers, and the user info of a URL. */
export const scrub = (text: string): string =>
  text.replace(/\b(Basic|Bearer)\s+[A-Za-z0-9+/=._~-]+/gi, "$1 ***").replace(/(\w+:\/\/)[^/@\s]+@/g, "$1***@")

/** Whether the same call may succeed later: the network failed, or the server is overloaded. */
export const isTransient = (stderr: string): boolean =>
  !/requested url returned error: 4(?!08|29)\d\d/i.test(stderr) &&
  /could not resolve host|failed to connect|connection (refused|reset|timed out|was closed)|operation (too slow|timed out)|empty reply from server|early eof|unexpected disconnect|hung up unexpectedly|rpc failed|gnutls_handshake|ssl_(connect|read|error)|recv failure|requested url returned error: (408|429|5\d\d)/i
    .test(stderr)

/** Whether another git process holds a lock or left one behind. */
export const isLocked = (stderr: string): boolean =>
  /unable to create '.*\.lock': file exists|could not lock/i.test(stderr)

/** Whether the repository's objects are damaged, for example after a power failure. */
export const isCorrupt = (stderr: string): boolean =>
  /not a git repository|object file .* is empty|loose object .* is corrupt|bad object|invalid sha1 pointer|did not send all necessary objects|pack .* (corrupt|is too small|far too short)|unable to read tree|bad (tree|config)|badly formatted|reference broken/i
    .test(stderr.replace(/^remote:.*$/gm, ""))

/** Whether the remote says that the repository does not exist or is not visible to us. */
export const isNotFound = (stderr: string): boolean =>
  /repository .*not found|returned error: 404|does not appear to be a git repository|could not read username|authentication failed|returned error: 40[13]/i
    .test(stderr)

const prefix = /^(fatal|error|warning|hint|remote|git):\s*/i

/** Whether a line only says that something failed, not why. */
const isNoise = (line: string): boolean =>
  line === "" ||
  /^(hint:|warning:|to \S+$|error: failed to push some refs|fatal: the remote end hung up|fatal: (index-pack|unpack-objects) (failed|died)|fatal: fsck error in|fatal: fetch-pack: invalid index-pack output|and the repository exists|please make sure|could not read from remote)/i
    .test(line)

const known: ReadonlyArray<readonly [pattern: RegExp, words: string]> = [
  [/no space left on device|disk quota exceeded/i, "the disk is full"],
  [
    /could not read username|authentication failed|returned error: 401/i,
    "the remote requires credentials, or rejects those that it was given (GITHUB_TOKEN)"
  ],
  [
    /returned error: 403|permission to .* denied|write access to repository not granted/i,
    "the remote does not permit this: GITHUB_TOKEN needs \"Contents: read and write\" for this repository"
  ]
]

/** Git's message in one sentence: the known cause, or else its last informative line. */
export const reasonOf = (stderr: string, exitCode: number): string => {
  const text = scrub(stderr)
  const cause = known.find(([pattern]) => pattern.test(text))
  if (cause !== undefined) return cause[1]
  const lines = text.split(/[\r\n]+/).map((line) => line.trim())
  const said = lines.filter((line) => /^(fatal|error|remote):/i.test(line) && !isNoise(line)).at(-1) ??
    lines.filter((line) => !isNoise(line)).at(-1)
  return said === undefined ? `exit code ${exitCode}` : said.replace(prefix, "").replace(prefix, "").slice(0, 500)
}
