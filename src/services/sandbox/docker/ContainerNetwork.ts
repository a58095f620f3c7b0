/**
 * The network of containers as data. Pure.
 *
 * One without a network has nothing but its loopback, in a namespace of its own, whether the engine connects it to its network
 * "none" or to nothing at all. The latter takes the engine 95 ms less, half of a container's start (measured with 20.10, which
 * runs itself once more for each namespace that it makes), but nobody tells the container then what "localhost" is.
 */
import * as Option from "effect/Option"
import type { AppConfigShape } from "../../config/AppConfig.ts"
import { hosts } from "../SandboxRuntime.ts"

export interface ContainerNetwork {
  /** The name of the engine's network. */
  readonly mode: string
  /** Whether the engine connects the container to nothing. */
  readonly isDisabled: boolean
  /** The runtime file that the container has as its `/etc/hosts`; else the engine makes one. */
  readonly hosts: string | undefined
}

/** No network: `mode` is for engines that do not know how to leave one out. */
export const none: ContainerNetwork = { mode: "none", isDisabled: true, hosts }

/** The network that is configured, if any. */
export const configured = ({ docker, egress }: Pick<AppConfigShape, "docker" | "egress">): ContainerNetwork => {
  const mode = Option.getOrElse(docker.network, () => egress === "open" ? "bridge" : none.mode)
  return mode === none.mode ? none : { mode, isDisabled: false, hosts: undefined }
}
