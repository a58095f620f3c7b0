// How a floor's server is reached and ended: it says its address in one line, and ends with its standard input.

/** Listens, and tells the parent process where. */
export const serve = (server) => {
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })}\n`)
  })
  process.stdin.on("end", () => process.exit(0)).resume()
}
