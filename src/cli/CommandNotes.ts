/** Help text beyond a command's options: examples and further notes. */

export interface CommandNotes {
  /** Paragraphs below the description. */
  readonly details?: ReadonlyArray<string>
  readonly examples: ReadonlyArray<readonly [line: string, does: string]>
}

const task = "\"Fix the flaky login test\""

/** Keyed by the command's words without the program's name. A test runs every example through the parser. */
export const commandNotes: Readonly<Record<string, CommandNotes>> = {
  "": {
    examples: [
      [`opentl run ${task}`, "on the GitHub repository of the current clone"],
      [`opentl run ${task} --repo acme/widgets`, "on another repository"],
      ["opentl doctor", "check what is missing"]
    ]
  },
  "serve": {
    details: [
      "The Slack and Telegram bots start when their tokens are set. The server listens on OPENTL_ADDR and keeps its data in OPENTL_DATA_DIR. SIGTERM or Ctrl-C stops the server but leaves running sandboxes alone: the next start picks them up."
    ],
    examples: [
      ["opentl serve", "on 127.0.0.1:7080"],
      ["OPENTL_ADDR=:8080 opentl serve", "on every interface, port 8080"]
    ]
  },
  "run": {
    details: [
      "Without a task, it asks for one. Without --repo, it uses the GitHub repository that the current directory is a clone of. Without a server, it does the work itself, and Ctrl-C stops the session; with a server, Ctrl-C only stops watching."
    ],
    examples: [
      [`opentl run ${task}`, "on the GitHub repository of the current clone"],
      [`opentl run ${task} --repo acme/widgets`, "on a repository given by name"],
      ["opentl run \"Split the report module\" --approve-plan", "make a plan and wait for its approval"],
      ["opentl run - --repo . --detach < task.md", "a task from a file, in the background, on a local repository"]
    ]
  },
  "agents": {
    details: [
      "The built-in agent needs nothing. The public ones are put into the sandbox's image by opentl sandbox build --agents, and run there without a key, a login or a network."
    ],
    examples: [
      ["opentl agents", "with their versions in the image"],
      ["opentl agents --json", "the same as JSON"]
    ]
  },
  "list": {
    examples: [
      ["opentl list --status running", "the running sessions"],
      ["opentl list --repo acme/widgets --json", "one repository's sessions, as JSON"]
    ]
  },
  "status": {
    examples: [
      ["opentl status 4f", "an unambiguous prefix of the id is enough"],
      ["opentl status 4f --json", "the same as JSON"]
    ]
  },
  "logs": {
    examples: [
      ["opentl logs 4f --follow", "all events, from the first to the end of the session"],
      ["opentl logs 4f --since 120 --json", "the events after event 120, one JSON object per line"]
    ]
  },
  "stop": { examples: [["opentl stop 4f", "cancel the session"]] },
  "message": {
    details: [
      "An agent at work is given the message when it pauses; else a busy session takes it in its next turn, and an ended session starts a new turn with it."
    ],
    examples: [
      ["opentl message 4f \"Also cover the empty file\"", "continue on the same branch"],
      ["opentl message 4f - --follow < notes.md", "send a longer text, and follow the turn"]
    ]
  },
  "answer": {
    details: ["Unanswered for OPENTL_QUESTION_TIMEOUT (24 hours), the planner goes on with what it assumes."],
    examples: [
      ["opentl status 4f", "shows the questions"],
      ["opentl answer 4f \"Only the public ones\" --follow", "and follow the turn"]
    ]
  },
  "approve": {
    examples: [
      ["opentl approve 4f", "unchanged"],
      ["opentl approve 4f --plan plan.md --follow", "with an edited plan, and follow the turn"]
    ]
  },
  "reject": {
    examples: [["opentl reject 4f \"Leave the public interface as it is\"", "make a new plan that respects this"]]
  },
  "retry": {
    details: ["To continue after a turn that succeeded, use opentl message."],
    examples: [["opentl retry 4f --follow", "on the same branch, and follow the turn"]]
  },
  "budget": {
    details: [
      "--add is possible at any time before the session's end. If the day's budget of all sessions stopped it (OPENTL_BUDGET_DAY_USD), that is raised for the day."
    ],
    examples: [
      ["opentl budget 4f", "shows what is spent, and the limit"],
      ["opentl budget 4f --add 5", "let it spend $5 more"]
    ]
  },
  "diff": {
    examples: [
      ["opentl diff 4f", "on a terminal, paged by PAGER"],
      ["opentl diff 4f | git apply", "apply the changes to your own checkout"]
    ]
  },
  "verify": {
    details: [
      "The checks run on what was committed, in a clean sandbox, and those that fail on the base as well. Exits with 0 however they went, and with 1 if there is nothing to show: --json has the outcome for scripts."
    ],
    examples: [["opentl verify 4f", "the table, and what the failing checks printed"]]
  },
  "sandbox": { examples: [["opentl sandbox build", "before the first session with Docker"]] },
  "sandbox build": {
    details: ["OPENTL_DOCKER_IMAGE sets the image's name (default: opentl-sandbox)."],
    examples: [
      ["opentl sandbox build", "on the default base image"],
      ["opentl sandbox build --base debian:bookworm", "on another base image: Node and npm are added if it has none"],
      ["opentl sandbox build --agents claude-code,codex", "with public agents in it"],
      ["opentl sandbox build --tools python,uv,go", "with these tools, or not at all"]
    ]
  },
  "sandbox check": { examples: [["opentl sandbox check", "prints, for example: docker"]] },
  "sandbox prune": {
    details: ["A later follow-up to one of these sessions starts from its pushed branch."],
    examples: [
      ["opentl sandbox prune", "for sessions that ended more than a week ago"],
      ["opentl sandbox prune --all", "for all ended sessions"]
    ]
  },
  "doctor": {
    details: ["Exits with 1 if a check fails; a warning is not a failure."],
    examples: [["opentl doctor", "each check, and how to fix what it found"], [
      "opentl doctor --json",
      "the same as JSON"
    ]]
  },
  "config": {
    details: ["Secrets are masked."],
    examples: [
      ["opentl config", "the environment first, then config.env in the data directory, then the defaults"],
      ["opentl config --json", "the same as JSON"]
    ]
  },
  "help": { examples: [["opentl help run", "the same as opentl run --help"]] }
}
