import { createServer } from "node:http";
import { DiscoError, errorMessage } from "../lib/errors.ts";
import { metricsText, type Status } from "./status.ts";

/**
 * `GET /health` (200 while the program runs), `/ready` (200 when every template is rendered, else 503 with what is missing),
 * `/metrics`, `/v1/templates`. Names of keys and services are told, their values never. Error: `ADDRESS_IN_USE`.
 */
export async function startStatusServer(
	address: { readonly host: string; readonly port: number },
	status: () => Status,
): Promise<{ close(): Promise<void> }> {
	const server = createServer((request, response) => {
		const answer = (code: number, body: string, type = "application/json") => {
			response.writeHead(code, { "content-type": type, "cache-control": "no-store" });
			response.end(request.method === "HEAD" ? "" : body);
		};
		const json = (value: unknown) => `${JSON.stringify(value, null, "\t")}\n`;
		if (request.method !== "GET" && request.method !== "HEAD") {
			answer(405, json({ Error: `${request.method} is not known here; use GET` }));
			return;
		}
		switch (request.url?.split("?", 1)[0] ?? "") {
			case "/health":
				return answer(200, json({ Status: "ok" }));
			case "/ready": {
				const now = status();
				const open = now.Templates.filter(({ State }) => State !== "rendered");
				return answer(now.Ready ? 200 : 503, json({ Ready: now.Ready, Open: open }));
			}
			case "/metrics":
				return answer(200, metricsText(status()), "text/plain; version=0.0.4; charset=utf-8");
			case "/v1/templates":
				return answer(200, json(status()));
			default:
				return answer(404, json({ Error: "known are /health, /ready, /metrics and /v1/templates" }));
		}
	});
	// A slow or silent client holds nothing but its own connection.
	server.requestTimeout = 10_000;
	server.maxConnections = 100;
	const { host, port } = address;
	await new Promise<void>((resolve, reject) => {
		server.once("error", (error) =>
			reject(new DiscoError("ADDRESS_IN_USE", `http: cannot listen at ${host}:${port}: ${errorMessage(error)}`)),
		);
		server.listen(port, host, resolve);
	});
	server.unref();
	return {
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}
