/** The scopes that the bot's token needs and the events that the app needs: docs/slack.md has both as a manifest. */
export const botScopes = [
  "app_mentions:read",
  "channels:history",
  "channels:read",
  "chat:write",
  "commands",
  "files:write",
  "groups:history",
  "groups:read",
  "im:history",
  "im:read",
  "im:write",
  "reactions:read",
  "reactions:write",
  "users:read"
] as const

export const botEvents = [
  "app_home_opened",
  "app_mention",
  "message.channels",
  "message.groups",
  "message.im",
  "reaction_added"
] as const

/** The scopes that a token lacks, by the `x-oauth-scopes` header of any response to it. */
export const missingScopes = (header: string): ReadonlyArray<string> => {
  const granted = new Set(header.split(",").map((scope) => scope.trim()))
  return botScopes.filter((scope) => !granted.has(scope))
}
