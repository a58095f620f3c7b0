/** What a help page says beside the command's options: examples, and what else a person should know. */

export interface CommandNotes {
  /** Paragraphs below the description. */
  readonly details?: ReadonlyArray<string>
  readonly examples: ReadonlyArray<readonly [line: string, does: string]>
}

const task = "\"Fix the flaky login test\""

/** By the command's words after the program's name. A test runs every example through the parser. */
export const commandNotes: Readonly<Record<string, CommandNotes>> = {
  "": {
    examples: [
      [`opentl run ${task}`, "in a clone: on its GitHub repository"],
      [`opentl run ${task} --repo acme/widgets`, "on any other"],
      ["opentl doctor", "see what is missing for that"]
    ]
  },
  "serve": {
    details: [
      "Slack and Telegram are served where their tokens are set. It listens on OPENTL_ADDR and keeps its data in OPENTL_DATA_DIR. SIGTERM or Ctrl-C lets running sandboxes go on: the next start takes them up."
    ],
    examples: [
      ["opentl serve", "on 127.0.0.1:7080"],
      ["OPENTL_ADDR=:8080 opentl serve", "on every interface, port 8080"]
    ]
  },
  "run": {
    details: [
      "Without a task it asks for one. Without --repo it works on the GitHub repository that the current directory is a clone of. Without a server it does the work itself, and Ctrl-C stops the session; with one, Ctrl-C only stops watching."
    ],
    examples: [
      [`opentl run ${task}`, "in a clone: on its GitHub repository"],
      [`opentl run ${task} --repo acme/widgets`, "on a repository by its name"],
      ["opentl run \"Split the report module\" --approve-plan", "wait with the plan until it is approved"],
      ["opentl run - --repo . --detach < task.md", "a task from a file, in the background, on a local repository"]
    ]
  },
  "list": {
    examples: [
      ["opentl list --status running", "what is being worked on"],
      ["opentl list --repo acme/widgets --json", "one repository's sessions, for a program"]
    ]
  },
  "status": {
    examples: [
      ["opentl status 4f", "the beginning of an id is enough"],
      ["opentl status 4f --json", "the same for a program"]
    ]
  },
  "logs": {
    examples: [
      ["opentl logs 4f --follow", "from the beginning, and on to the end"],
      ["opentl logs 4f --since 120 --json", "what came after event 120, one JSON event a line"]
    ]
  },
  "stop": { examples: [["opentl stop 4f", "cancel the session"]] },
  "message": {
    details: ["A session that is busy takes it up in its next turn; one that has ended starts another turn."],
    examples: [
      ["opentl message 4f \"Also cover the empty file\"", "go on with the same branch"],
      ["opentl message 4f - --follow < notes.md", "a longer text, and watch what comes of it"]
    ]
  },
  "approve": {
    examples: [
      ["opentl approve 4f", "as it is"],
      ["opentl approve 4f --plan plan.md --follow", "with an edited plan, and watch"]
    ]
  },
  "reject": { examples: [["opentl reject 4f \"Leave the public interface as it is\"", "plan again with that"]] },
  "retry": {
    details: ["A turn that ended well is gone on with by a message."],
    examples: [["opentl retry 4f --follow", "on the same branch, and watch"]]
  },
  "diff": {
    examples: [
      ["opentl diff 4f", "paged by PAGER on a terminal"],
      ["opentl diff 4f | git apply", "take the changes over by hand"]
    ]
  },
  "sandbox": { examples: [["opentl sandbox build", "before the first session with Docker"]] },
  "sandbox build": {
    details: ["The image is named by OPENTL_DOCKER_IMAGE (opentl-sandbox)."],
    examples: [
      ["opentl sandbox build", "on the default base"],
      ["opentl sandbox build --base debian:bookworm", "on another: Node is put in where it has none"]
    ]
  },
  "sandbox check": { examples: [["opentl sandbox check", "for instance: docker"]] },
  "sandbox prune": {
    details: ["A follow-up to one of them then begins from the branch that was pushed."],
    examples: [
      ["opentl sandbox prune", "of sessions that ended over a week ago"],
      ["opentl sandbox prune --all", "of all ended sessions"]
    ]
  },
  "doctor": {
    details: ["It exits with 1 where a check fails; a warning is no failure."],
    examples: [["opentl doctor", "each check with what to do about it"], ["opentl doctor --json", "for a program"]]
  },
  "config": {
    details: ["Secrets are masked."],
    examples: [
      ["opentl config", "environment, then config.env in the data directory, then defaults"],
      ["opentl config --json", "for a program"]
    ]
  },
  "help": { examples: [["opentl help run", "the same as opentl run --help"]] }
}
