/** The API's paths and the methods that each accepts. */
import * as Arr from "effect/Array"
import * as Option from "effect/Option"
import { openApi } from "./Docs.ts"

export interface Route {
  /** The path as in the OpenAPI document, with `{id}`. */
  readonly path: string
  readonly methods: ReadonlyArray<string>
}

export const health = "/health"
export const webhook = "/api/webhooks/github"

const documents: ReadonlyArray<Route> = [
  { path: "/docs", methods: ["GET"] },
  { path: "/openapi.json", methods: ["GET"] }
]

const matcher = (path: string): RegExp => {
  const segments = path.split(/\{\w+\}/).map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
  return new RegExp(`^${segments.join("[^/]+")}$`)
}

/** Makes a function that finds the route of a path. */
export const make = (): (pathname: string) => Option.Option<Route> => {
  const routes = Object.entries(openApi().paths)
    .map(([path, operations]): Route => ({
      path,
      methods: Object.keys(operations).map((method) => method.toUpperCase())
    }))
    .concat(documents)
    .map((route) => ({ route, pattern: matcher(route.path) }))
  return (pathname) =>
    Arr.findFirst(routes, ({ pattern }) => pattern.test(pathname)).pipe(Option.map(({ route }) => route))
}

/** GET implies HEAD. */
export const allowed = ({ methods }: Route): ReadonlyArray<string> =>
  methods.includes("GET") ? [...methods, "HEAD"] : methods
