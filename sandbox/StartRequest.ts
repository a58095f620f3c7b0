/**
 * What a program that was started early is told through its stdin before it begins, as fields that each end with a NUL: its
 * working directory, the number of its arguments, the arguments, its environment (`NAME=value`, as `env -0` prints it), and
 * an empty field.
 */
export interface StartRequest {
  readonly directory: string
  readonly args: ReadonlyArray<string>
  readonly environment: Readonly<Record<string, string>>
}

/** @returns the request, or `undefined` as long as it is incomplete */
export const parse = (input: string): StartRequest | undefined => {
  // what follows the last NUL is not complete yet
  const [directory, count, ...rest] = input.split("\0").slice(0, -1)
  if (directory === undefined || count === undefined) return undefined
  const variables = rest.slice(Number(count))
  const end = variables.indexOf("")
  if (end === -1) return undefined
  const entries = variables.slice(0, end).map((variable): [string, string] => {
    const equals = variable.indexOf("=")
    return [variable.slice(0, equals), variable.slice(equals + 1)]
  })
  return { directory, args: rest.slice(0, Number(count)), environment: Object.fromEntries(entries) }
}

/** Calls back with the request when all of it is there; never, if stdin ends before that. */
export const fromStdin = (stdin: NodeJS.ReadStream, onRequest: (request: StartRequest) => void): void => {
  const received: Array<Buffer> = []
  stdin.on("data", (chunk: Buffer) => {
    received.push(chunk)
    const request = parse(Buffer.concat(received).toString())
    if (request === undefined) return
    stdin.removeAllListeners("data").destroy()
    onRequest(request)
  })
}
