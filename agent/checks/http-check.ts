import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { errorMessage } from "../../lib/errors.ts";
import { createLimit } from "../../lib/limit.ts";
import { dialText } from "./go-errors.ts";
import {
	type Outcome,
	type OwnTls,
	outputSizeBytesDefault,
	type ProbePlan,
	type TlsProbe,
	timeoutMsDefault,
} from "./plan.ts";
import { createTailBuffer } from "./tail-buffer.ts";

/** As many redirects as Go's client follows. */
const redirectsMax = 10;

/** What is read of an answer. */
const bodySizeBytesMax = 1024 * 1024;

/** One request, ready to be sent. */
interface Hop {
	readonly url: URL;
	readonly method: string;
	readonly body: string;
}

/** 2xx is passing, 429 warning, everything else (and every error) critical. Redirects are followed unless switched off. */
export const httpCheck: TlsProbe = async (plan, signal, own) => {
	const http = plan.http;
	if (http === undefined) return { status: "critical", output: "the check has no URL" };
	const method = http.method === "" ? "GET" : http.method;
	const { signal: limit, end } = createLimit(signal, plan.timeoutMs || timeoutMsDefault);
	try {
		let hop: Hop = { url: new URL(http.url), method, body: http.body };
		for (let redirects = 0; ; redirects++) {
			const response = await send(hop, http, limit, own);
			const next = http.disableRedirects ? undefined : redirected(hop, response);
			if (next === undefined) return await outcome(plan, method, http.url, response);
			response.resume();
			if (redirects >= redirectsMax) throw new Error(`stopped after ${redirectsMax} redirects`);
			hop = next;
		}
	} catch (error) {
		return { status: "critical", output: `${goMethod(method)} "${http.url}": ${failureText(http.url, limit, error)}` };
	} finally {
		end();
	}
};

/** Go's client names the method in its errors with one capital. */
function goMethod(method: string): string {
	return method.slice(0, 1).toUpperCase() + method.slice(1).toLowerCase();
}

function failureText(url: string, limit: AbortSignal, error: unknown): string {
	if (limit.aborted) return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
	if (!URL.canParse(url)) return errorMessage(error);
	const { host, hostname, port, protocol } = new URL(url);
	return dialText("tcp", port === "" ? `${hostname}:${protocol === "https:" ? 443 : 80}` : host, error);
}

function send(
	hop: Hop,
	http: NonNullable<ProbePlan["http"]>,
	signal: AbortSignal,
	own: OwnTls | undefined,
): Promise<IncomingMessage> {
	const headers: Record<string, string | string[]> = {
		"User-Agent": "Consul Health Check",
		Accept: "text/plain, text/*, */*",
	};
	for (const [name, values] of Object.entries(http.header)) {
		const known = Object.keys(headers).find((header) => header.toLowerCase() === name.toLowerCase());
		if (known !== undefined) delete headers[known];
		headers[name] = name.toLowerCase() === "host" ? (values[0] ?? "") : [...values];
	}
	if (hop.body !== "") headers["Content-Length"] = String(Buffer.byteLength(hop.body));
	// No connection is kept: a probe shall prove that a new one can be made.
	const shared = { method: hop.method, headers, agent: false, signal };
	return new Promise((resolve, reject) => {
		const request =
			hop.url.protocol === "https:"
				? httpsRequest(hop.url, {
						...shared,
						...own,
						rejectUnauthorized: !http.tlsSkipVerify,
						...(http.tlsServerName === "" ? {} : { servername: http.tlsServerName }),
					})
				: httpRequest(hop.url, shared);
		request.on("response", resolve);
		request.on("error", reject);
		request.end(hop.body);
	});
}

/** Where a redirect leads, or undefined when the answer is none. 307 and 308 keep method and body, others become a GET. */
function redirected(hop: Hop, response: IncomingMessage): Hop | undefined {
	const location = response.headers.location;
	const status = response.statusCode ?? 0;
	if (location === undefined || ![301, 302, 303, 307, 308].includes(status)) return undefined;
	const url = new URL(location, hop.url);
	if (status >= 307) return { ...hop, url };
	return { url, method: hop.method === "HEAD" ? "HEAD" : "GET", body: "" };
}

async function outcome(plan: ProbePlan, method: string, url: string, response: IncomingMessage): Promise<Outcome> {
	const body = createTailBuffer(plan.outputSizeBytesMax || outputSizeBytesDefault);
	for await (const chunk of response) {
		body.write(chunk as Buffer);
		// The status is known: an endless answer is not worth reading to its end. Leaving the loop closes the connection.
		if (body.writtenBytes > bodySizeBytesMax) break;
	}
	const code = response.statusCode ?? 0;
	return {
		status: code >= 200 && code <= 299 ? "passing" : code === 429 ? "warning" : "critical",
		output: `HTTP ${method} ${url}: ${code} ${response.statusMessage ?? ""} Output: ${body.text()}`,
	};
}
