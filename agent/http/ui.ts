import type { Encodable } from "../../lib/json/index.ts";
import { json, plainText, type Reply } from "./reply.ts";
import type { Context, Route } from "./route.ts";

/** Scripts and styles only from the page itself, answers only from this agent, no frames. */
const pageHeaders = {
	"Content-Security-Policy":
		"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options": "nosniff",
	"Referrer-Policy": "no-referrer",
	"Cache-Control": "no-cache",
};

/** The status page below `/ui/` and what `disco dev` adds to it. Only there when the page is. */
export const uiRoutes: readonly Route[] = [
	{ path: "/ui/", methods: { GET: { permission: "open", handle: (_request, context) => page(context) } } },
];

export const devRoutes: readonly Route[] = [
	{
		path: "/v1/disco/dev",
		methods: { GET: { permission: "open", handle: (_request, context) => devStatus(context) } },
	},
];

function page({ statusPage }: Context): Reply {
	const bytes = new TextEncoder().encode(statusPage ?? "");
	return { status: 200, headers: pageHeaders, body: { kind: "bytes", bytes, contentType: "text/html; charset=utf-8" } };
}

function devStatus(context: Context): Reply {
	if (context.devStatus === undefined) return plainText(404, "not run by disco dev");
	return json(context.devStatus() as Encodable);
}
