package dev.estafet.api;

import dev.estafet.Problem;
import dev.estafet.Problem.Kind;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A problem as RFC 9457 writes it, with what to do about it. */
@RegisterForReflection
@Schema(description = "What is wrong (RFC 9457), and what to do about it.")
public record ProblemDocument(
        @Schema(description = "Sort of problem, stable for programs.", examples = "urn:estafet:problem:not-ready")
        String type,

        @Schema(
                description = "The same sentence for all problems of this type.",
                examples = "The cluster is not ready for this")
        String title,

        @Schema(description = "The HTTP status.", examples = "409")
        int status,

        @Schema(description = "What is wrong in this case.") String detail,
        @Schema(description = "What to do about it.") String remedy,

        @Schema(description = "The operation that ended with it, if one did: GET /operations/{id} tells all.") @Nullable
        String operation) {

    /** Content type of problem documents. */
    public static final String MEDIA_TYPE = "application/problem+json";

    static Response response(Problem problem, @Nullable String operation) {
        var status = status(problem.kind());
        var document = new ProblemDocument(
                problem.kind().type(), problem.kind().title(), status, problem.detail(), problem.remedy(), operation);
        var response = Response.status(status).type(MEDIA_TYPE).entity(document);
        if (problem.kind() == Kind.UNAUTHENTICATED) {
            response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
        }
        if (operation != null) {
            response.header(HttpHeaders.LOCATION, "/operations/" + operation);
        }
        return response.build();
    }

    private static int status(Kind kind) {
        return switch (kind) {
            case INVALID_REQUEST -> 400;
            case UNAUTHENTICATED -> 401;
            case FORBIDDEN -> 403;
            case UNKNOWN_MEMBER, UNKNOWN_OPERATION, NOT_FOUND -> 404;
            case NOT_ALLOWED -> 405;
            case NOT_ACCEPTABLE -> 406;
            case UNSUPPORTED_MEDIA_TYPE -> 415;
            case OPERATION_IN_PROGRESS, TOO_LATE, NOT_READY, DATA_UNUSABLE, CANCELLED -> 409;
            case COMMAND_FAILED, STORAGE_FAILED, NOT_PROVEN, INTERRUPTED, INTERNAL -> 500;
            case PEER_UNREACHABLE, POSTGRES_UNAVAILABLE -> 503;
            case TIMED_OUT -> 504;
        };
    }
}
