import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { SecretScanner } from "../../../src/services/gate/SecretScanner.ts"
import { added, diffOf } from "../../support/Patches.ts"
import { layerConfig } from "../../support/TestConfig.ts"
import { from, random } from "./SecretKit.ts"

const layer = SecretScanner.layer.pipe(Layer.provide(layerConfig({})), Layer.provide(NodeContext.layer))

const mixed = (length: number) => random("mixed", length)
const hex = (length: number) => random("hex", length)

/** What looks like a secret and is none, by what it is. */
const harmless: Readonly<Record<string, ReadonlyArray<string>>> = {
  "a lock file": [
    `"integrity": "sha512-${mixed(86)}=="`,
    `"resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz#${hex(40)}"`,
    `checksum = "${hex(64)}"`,
    `github.com/a/b v1.0.0 h1:${mixed(43)}=`,
    `    --hash=sha256:${hex(64)}`
  ],
  "an id or a hash": [
    `id: ${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
    `commit ${hex(40)}`,
    `<img src="data:image/png;base64,${mixed(400)}">`,
    `etag: "${mixed(32)}"`,
    `arn:aws:iam::${random("digits", 12)}:role/deploy`,
    `AWS_ACCOUNT_ID=${random("digits", 12)}`,
    `uses: actions/checkout@${hex(40)}`
  ],
  "a public key": [
    `-----${"BEGIN"} PUBLIC KEY-----\nMII${mixed(389)}\n-----${"END"} PUBLIC KEY-----`,
    `-----${"BEGIN"} CERTIFICATE-----\nMII${mixed(800)}\n-----${"END"} CERTIFICATE-----`,
    `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${mixed(43)} a@b`,
    `pk_live_${mixed(24)}`,
    `age1${random("hex", 58)}`
  ],
  "a documented or made-up value": [
    "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "sk-...",
    "sk-ant-api03-...",
    "export OPENAI_API_KEY=sk-proj-your-key-here",
    from("gh", "p_", "x".repeat(36)),
    from("gh", "p_", "1234567890abcdefghijklmnopqrstuvwxyz"),
    from("gh", "p_", "EXAMPLE", mixed(29)),
    "xoxb-your-bot-token-here",
    "xoxb-…",
    from("sk_", "test_", mixed(24)),
    from("sk_", "live_", "0".repeat(24)),
    "glpat-xxxxxxxxxxxxxxxxxxxx",
    "//registry.npmjs.org/:_authToken=${NPM_TOKEN}",
    "//registry.npmjs.org/:_authToken=your-npm-token-goes-here",
    `-----${"BEGIN"} PRIVATE KEY-----\n...\n-----${"END"} PRIVATE KEY-----`,
    `-----${"BEGIN"} PRIVATE KEY-----\\nMIIE...\\n-----${"END"} PRIVATE KEY-----`,
    `if (text.includes("-----${"BEGIN"} RSA PRIVATE KEY-----")) return ${"readPrivateKeyOfTheServerFromTheFile"}(text, options, theOtherOne)`,
    `-----${"BEGIN"} RSA PRIVATE KEY-----\n${"A".repeat(200)}\n-----${"END"} RSA PRIVATE KEY-----`,
    "123456789:AAxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
  ],
  "code": [
    "const sk = skProject.projects.findAll({ where: { sk: task } })",
    "sk-loading-spinner-container-with-a-very-long-css-class-name-of-our-own",
    "SG.Environment.configurationOfTheWholeApplication",
    "import { secretAccessKey } from './aws/credentials/ofTheWholeApplicationIncludingTests'",
    "secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? fromInstanceMetadata(region, account, role)",
    "password: string",
    "token = getToken(request.headers.authorization)",
    `x = re.compile(r"gh[pousr]_[A-Za-z0-9_]{36,255}")`
  ],
  "an address that opens nothing": [
    "postgres://postgres:postgres@localhost:5432/app",
    "postgres://app:s3cr3tvalue99@localhost:5432/app",
    "postgresql://user:password@db.acme.io/app",
    "postgres://app:${DB_PASSWORD}@db.acme.io/app",
    "postgres://app:<password>@db.acme.io/app",
    "postgres://app:Zk38dkQp1x@postgres:5432/app",
    "mysql://root:root@127.0.0.1/app",
    "mongodb://admin:example@mongo.example.com/app",
    "redis://localhost:6379",
    "redis://:foobared@127.0.0.1:6379",
    "amqp://guest:guest@rabbitmq:5672",
    "https://user:pass@example.com/path",
    "https://user:password@host.com",
    "https://x-access-token:$TOKEN@github.com/a/b.git",
    "https://registry.npmjs.org/@scope/name@1.0.0"
  ]
}

it.layer(layer)("no secret", (it) => {
  for (const [kind, texts] of Object.entries(harmless)) {
    it.effect(`is ${kind}`, () =>
      Effect.gen(function*() {
        const { scan } = yield* SecretScanner
        for (const text of texts) {
          assert.deepStrictEqual(yield* scan(diffOf([added("a", `x\n${text}\ny`)]).patch), { secrets: [] }, text)
        }
      }))
  }
})
