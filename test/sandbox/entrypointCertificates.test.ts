import * as FileSystem from "@effect/platform/FileSystem"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SandboxRuntime } from "./SandboxRuntime.ts"
import { makeSession } from "./SessionWorkspace.ts"

const variables = "SSL_CERT_FILE CURL_CA_BUNDLE GIT_SSL_CAINFO REQUESTS_CA_BUNDLE PIP_CERT CARGO_HTTP_CAINFO"

layer(SandboxRuntime.layer, { excludeTestServices: true })("entrypoint.sh, the operator's certificates", (it) => {
  it.scoped("are trusted beside those that programs have", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession({ "README.md": "hello\n" })
      const images = `${session.workspace}/image.pem`
      const given = `${session.workspace}/in/certificates.pem`
      yield* fs.writeFileString(images, "the image's")
      yield* fs.writeFileString(given, "the operator's\n")
      // the agent of an earlier round had its own ideas
      yield* fs.makeDirectory(`${session.workspace}/certificates.pem/x`, { recursive: true })
      const { lines } = yield* session.round(
        `cat "$SSL_CERT_FILE"; for name in ${variables}; do echo "$name \${!name}"; done; echo "$NODE_EXTRA_CA_CERTS"`,
        { env: { SSL_CERT_FILE: images } }
      )
      const both = `${session.workspace}/certificates.pem`
      assert.deepStrictEqual(lines.slice(lines.indexOf("the image's"), -1), [
        "the image's",
        "the operator's",
        ...variables.split(" ").map((name) => `${name} ${both}`),
        given
      ])
    }))

  it.scoped("leave everything as it was where there are none", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const session = yield* makeSession({ "README.md": "hello\n" })
      yield* fs.writeFileString(`${session.workspace}/certificates.pem`, "of an earlier round")
      const { lines } = yield* session.round(
        `echo "$SSL_CERT_FILE, $NODE_EXTRA_CA_CERTS."; ls "$OPENTL_WORKSPACE"`,
        { env: { SSL_CERT_FILE: "as/it/was", NODE_EXTRA_CA_CERTS: "" } }
      )
      assert.include(lines, "as/it/was, .")
      assert.notInclude(lines, "certificates.pem")
    }))
})
