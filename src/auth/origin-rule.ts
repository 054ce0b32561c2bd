/**
 * Whether a request may be made with a cookie, which browsers also send for pages that are not ours.
 * @param origin the request's `Origin` header; browsers leave it out where the request comes from no other site
 * @param self scheme and host by which the client reached us
 * @param trusted the origins of `CORS_ORIGINS`
 */
export function isTrustedOrigin(
  origin: string | undefined,
  self: string,
  trusted: readonly string[],
): boolean {
  if (origin === undefined || trusted.includes(origin)) return true;
  return URL.canParse(self) && new URL(self).origin === origin;
}
