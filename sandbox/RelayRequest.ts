/**
 * What a relay that was started early is to run, as fields that each end with a NUL: the working directory, the number of
 * arguments, the arguments (as on the command line), the environment (`NAME=value`, as `env -0` prints it), and an empty
 * field.
 */
export interface RelayRequest {
  readonly directory: string
  readonly args: ReadonlyArray<string>
  readonly environment: Readonly<Record<string, string>>
}

/** @returns the request, or `undefined` as long as it is incomplete */
export const parse = (input: string): RelayRequest | undefined => {
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
