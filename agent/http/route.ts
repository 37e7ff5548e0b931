import type { IncomingHttpHeaders } from "node:http";
import type { Decoder } from "../../lib/json/index.ts";
import type { Logger } from "../../lib/log/index.ts";
import type { Authorizer, Permission } from "../acl/index.ts";
import type { LocalAgent, MemberPool } from "../local/index.ts";
import type { Endpoints, EndSignal } from "../rpc/index.ts";
import type { CachedQuestions } from "./cached-questions.ts";
import type { HttpConfig, HttpServerOptions } from "./options.ts";
import type { Query } from "./query-string.ts";
import type { Reply } from "./reply.ts";

/** One family of requests. A path that ends with a slash stands for everything below it, any other for itself alone. */
export interface Route {
	readonly path: string;
	readonly methods: Readonly<Partial<Record<Method, Operation>>>;
	/** Largest body in bytes; above it the answer is 413. */
	readonly bodyBytesMax?: number;
	/** The body may be large: `body` is empty, and the handler reads `bodyStream` piece by piece. */
	readonly streamsBody?: boolean;
	/** Asked so often that its usual requests do not go through Fastify; neither its bodies nor its answers are streamed. */
	readonly isQuick?: true;
	/** Answers what `methods` does not have, where the reference does it in a way of its own. */
	readonly otherMethod?: (method: string, item: string) => Reply;
}

export type Method = "GET" | "PUT" | "POST" | "DELETE";

export interface Operation {
	/**
	 * `open`: needs none. `filtered`: the handler leaves out what the token may not read. Otherwise the token must have it for
	 * the name that `of` gives, else 403.
	 */
	readonly permission:
		| "open"
		| "filtered"
		| (Permission & { readonly of: (request: ApiRequest, context: Context) => string });
	readonly handle: (request: ApiRequest, context: Context) => Reply | Promise<Reply>;
	/** What parses a JSON body; the OpenAPI document shows what it accepts. */
	readonly body?: Decoder<unknown>;
}

/** A request as routes see it. */
export interface ApiRequest {
	/** What follows a prefix route's path, decoded: the key, the service name ... */
	readonly item: string;
	/** Path and query as they came. */
	readonly url: string;
	readonly query: Query;
	readonly headers: IncomingHttpHeaders;
	/** Empty when there is none, and when the route streams it. */
	readonly body: Uint8Array;
	/** The body as it comes in, for a route that streams it. */
	readonly bodyStream: AsyncIterable<Uint8Array>;
	/** The client's IP address: what a proxy says in `X-Forwarded-For`, else the connection's. */
	readonly clientAddress: () => string;
	readonly token: string;
	readonly authorizer: Authorizer;
	/** What the configuration says of reads. */
	readonly readLimits: ReadLimits;
	/** Aborted when the client has gone or the server closes. Made on first use. */
	readonly signal: () => EndSignal;
}

/** How long blocking queries wait, and whether `?cached` means anything. */
export interface ReadLimits {
	readonly waitDefaultMs: number;
	readonly waitMaxMs: number;
	readonly useCache: boolean;
}

/** What routes work with. */
export interface Context {
	readonly config: HttpConfig;
	readonly endpoints: Endpoints;
	readonly local: LocalAgent;
	readonly pool: MemberPool | undefined;
	readonly self: HttpServerOptions["self"];
	readonly reload: HttpServerOptions["reload"];
	/** Runs after the present answer was sent. */
	readonly leaveSoon: () => void;
	readonly cachedQuestions: CachedQuestions;
	readonly logger: Logger;
	readonly clock: HttpServerOptions["clock"];
}

/** The body as text. */
export function bodyText(request: ApiRequest): string {
	return new TextDecoder().decode(request.body);
}
