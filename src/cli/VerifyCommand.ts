/** `opentl verify`: what the repository's checks said of a session's newest commit. */
import * as Command from "@effect/cli/Command"
import * as Effect from "effect/Effect"
import { VerificationReport } from "../domain/Verification.ts"
import { jsonDocument } from "./Json.ts"
import * as Parameters from "./Parameters.ts"
import { Program } from "./Program.ts"
import { Stdio } from "./terminal/Stdio.ts"
import { verificationText } from "./VerificationText.ts"

const encode = jsonDocument(VerificationReport)

export const verifyCommand = Command.make(
  "verify",
  { id: Parameters.sessionId, json: Parameters.json("one JSON object"), server: Parameters.server },
  ({ id, json, server }) =>
    Effect.gen(function*() {
      const stdio = yield* Stdio
      const program = yield* Program
      const connection = yield* program.read({ server })
      const session = yield* connection.sessions.find(id)
      const report = yield* connection.sessions.verification(session.id)
      const columns = yield* stdio.columns
      yield* stdio.out(json ? encode(report) : verificationText(report, { columns, style: stdio.style }))
    }).pipe(Effect.scoped)
).pipe(Command.withDescription("Show how the repository's checks went on what a session did"))
