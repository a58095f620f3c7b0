import * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { generateKeyPairSync } from "node:crypto"
import { rootCertificates } from "node:tls"
import { load, sentence } from "./ConfigKit.ts"

const [first = "", second = ""] = rootCertificates
const { privateKey: key } = generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" }
})

const withFile = <A, E>(text: string, use: (path: string) => Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* fs.makeTempFileScoped({ prefix: "opentl-certificates-" })
    yield* fs.writeFileString(path, text)
    return yield* use(path)
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

describe("OPENTL_SANDBOX_CA", () => {
  it.effect("takes the certificates of a file, and nothing else of it", () =>
    withFile(
      `# Our own\r\nsubject: me\n${first}\n\n# Another's\n${second}\n`,
      (path) =>
        Effect.map(load({ OPENTL_SANDBOX_CA: path }), ({ sandboxCertificates }) =>
          assert.deepStrictEqual(sandboxCertificates, Option.some(`${first}\n${second}\n`)))
    ))

  it.effect("is not needed", () =>
    Effect.map(load({}), ({ sandboxCertificates }) => assert.deepStrictEqual(sandboxCertificates, Option.none())))

  const refused: ReadonlyArray<readonly [name: string, text: string]> = [
    ["a key", key],
    ["a key beside certificates", `${first}\n${key}`],
    ["a certificate that is broken", first.replace(/\n.{20}/, "\n")],
    ["none", "hello"]
  ]
  it.effect.each(refused)(
    "refuses a file with %s",
    ([, text]) =>
      withFile(text, (path) =>
        Effect.map(sentence({ OPENTL_SANDBOX_CA: path }), (said) =>
          assert.strictEqual(
            said,
            `OPENTL_SANDBOX_CA is "${path}": give the path of a readable file with certificates in PEM form, and without a key`
          )))
  )

  it.effect("refuses a file that is not there", () =>
    Effect.map(
      sentence({ OPENTL_SANDBOX_CA: "/nonexistent/ca.pem" }),
      (said) => assert.include(said, "OPENTL_SANDBOX_CA is \"/nonexistent/ca.pem\": give")
    ))
})
