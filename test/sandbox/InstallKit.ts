/**
 * A session that installs from real registries: the built program from outside, in real Docker, and its one way out is the
 * gateway. A test is skipped where its registry does not answer by that way, or where the image lacks its tool.
 */
import type * as NodeContext from "@effect/platform-node/NodeContext"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { TestContext } from "vitest"
import { DockerEngine } from "../../src/services/sandbox/docker/DockerEngine.ts"
import { contentsOf } from "../../src/services/sandbox/InstalledAgents.ts"
import * as ConnectProxy from "../support/ConnectProxy.ts"
import { Docker, itDocker } from "../support/Docker.ts"
import * as Git from "../support/Git.ts"
import * as Program from "../support/Program.ts"

/** Runs a session on a repository with these files, and a command as its agent, to its end. */
export type Session = (
  files: Git.Files,
  agent: string
) => Effect.Effect<
  {
    /** The session's events, a line each. */
    readonly told: ReadonlyArray<string>
    /** Whom the sandbox reached. */
    readonly asked: ReadonlyArray<string>
    /** A file of the result. */
    readonly show: (file: string) => Effect.Effect<string, never, NodeContext.NodeContext>
  },
  never,
  Docker | NodeContext.NodeContext | Scope.Scope
>

const session = (proxy: ConnectProxy.ConnectProxy): Session =>
  Effect.fn("session")(function*(files, agent) {
    const fs = yield* FileSystem.FileSystem
    const { host, image } = yield* Docker
    const repository = yield* Git.repository(files)
    const environment = {
      OPENTL_DATA_DIR: yield* fs.makeTempDirectoryScoped({ prefix: "opentl-install-" }),
      OPENTL_SANDBOX: "docker",
      OPENTL_DOCKER_IMAGE: image,
      DOCKER_HOST: host,
      OPENTL_LOCAL_REPOS: repository,
      OPENTL_AGENT: `command:${agent}`,
      // a machine behind a proxy that opens TLS has that proxy's certificate here
      OPENTL_SANDBOX_CA: yield* Config.withDefault(Config.string("NODE_EXTRA_CA_CERTS"), ""),
      HTTPS_PROXY: proxy.url,
      NO_PROXY: "",
      no_proxy: ""
    }
    yield* Program.tidy(environment)
    const server = yield* Program.serve(environment)
    const id = yield* server.create({ repo: repository, prompt: "Install it" })
    const told = [...yield* Stream.runCollect(server.events(id))].map(({ data }) => data)
    return {
      told,
      asked: yield* proxy.asked,
      show: (file: string) => Git.git(repository, "show", `opentl/${id}:${file}`)
    }
  }, Effect.orDie)

/** What a session told of its dependencies. */
export const installing = (told: ReadonlyArray<string>) =>
  told.filter((line) => /^(Installing dependencies|Dependency install) /.test(line))

interface Needs {
  /** The hosts of the registry. */
  readonly hosts?: ReadonlyArray<string>
  /** A tool that not every image has. */
  readonly tool?: string
}

/** The runner forgets the reason where a test is an effect. */
const skip = (context: TestContext, reason: string) =>
  Effect.zipRight(Console.log(`skipped: ${reason}`), Effect.sync(() => context.skip(reason)))

/** A test of a session, skipped with the reason where what it needs is not there. */
export const itInstalls = <E>(
  name: string,
  { hosts = [], tool }: Needs,
  test: (session: Session) => Effect.Effect<void, E, Docker | NodeContext.NodeContext | Scope.Scope>
) =>
  itDocker(name, (context) =>
    Effect.gen(function*() {
      const { image } = yield* Docker
      const labels = yield* Effect.flatMap(DockerEngine, (engine) => engine.imageLabels(image))
      if (tool !== undefined && !contentsOf(labels).tools?.some(({ name }) => name === tool)) {
        return yield* skip(context, `${image} has no ${tool}`)
      }
      const proxy = yield* ConnectProxy.make
      const reached = yield* Effect.either(Effect.forEach(hosts, proxy.reach, { concurrency: 4, discard: true }))
      if (Either.isLeft(reached)) return yield* skip(context, reached.left.message)
      yield* test(session(proxy))
    }))
