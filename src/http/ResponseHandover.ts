/**
 * Keeps a response open when the request's fiber has ended. `@effect/platform` ends a response with its body, or lets
 * the fiber wait for a stream of it: some 40 KiB of fibers, channels and closures for a client to whom nothing happens.
 * Here the handler answers with a status, headers and no body; where the platform would end that response, the one who
 * took it goes on with Node's own means.
 */
import type { ServerResponse } from "node:http"

/**
 * Calls `start` once the headers are set, in place of ending the response. If another answer has taken the handler's
 * place meanwhile, that one is sent and ended, and `start` is never called.
 */
export const take = (response: ServerResponse, start: () => void): void => {
  const { end, statusCode } = response
  response.end = (...args: ReadonlyArray<unknown>) => {
    response.end = end
    if (response.statusCode === statusCode) start()
    else Reflect.apply(end, response, args)
    return response
  }
}
