export {
	decodeConfiguration,
	decodeRequest,
	decodeResponse,
	encodeConfiguration,
	encodeRequest,
	encodeResponse,
	type ReceivedRequest,
} from "./messages.ts";
