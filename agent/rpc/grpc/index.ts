import type { Connection } from "../../../lib/env/index.ts";
import type { Endpoints } from "../endpoints.ts";
import type { GrpcServer } from "./grpc-server.ts";
import { createSubscriptions } from "./subscription.ts";

/** What the server port answers by gRPC: real clients' subscriptions to the health of services. */
export interface GrpcService {
	/** A connection after its first byte; resolves when it is over. Never throws. */
	serve(connection: Connection): Promise<void>;
	/** Everything is another now: subscribers have to begin anew. */
	restored(): void;
	/** Ends what is open; connections that come later are closed at once. */
	close(): void;
}

/** `endpoints`: a server's own, or those that forward to other datacenters. */
export function createGrpcService(endpoints: Pick<Endpoints, "health">): GrpcService {
	let server: Promise<GrpcServer> | undefined;
	let isClosed = false;

	/** Loaded when first used: it is large, and disco's own agents have no need of it. */
	function load(): Promise<GrpcServer> {
		server ??= import("./grpc-server.ts").then(({ createGrpcServer }) =>
			createGrpcServer(createSubscriptions(endpoints)),
		);
		return server;
	}

	return {
		async serve(connection) {
			if (isClosed) return;
			const loaded = await load();
			if (!isClosed) await loaded.serve(connection);
		},
		restored: () => void server?.then((loaded) => loaded.restored()),
		close() {
			isClosed = true;
			void server?.then((loaded) => loaded.close());
		},
	};
}
