package dev.estafet;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Arrays;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * What is wrong, and what a person can do about it. Travels between nodes, is kept in the journal and is answered to
 * callers; only {@code api} knows which HTTP status belongs to a {@link Kind}.
 */
@RegisterForReflection
@Schema(description = "What is wrong, and what a person can do about it.")
public record Problem(
        @Schema(description = "What sort of problem this is, stable for programs.")
        Kind kind,

        @Schema(description = "What is wrong, with the names and figures of this case.")
        String detail,

        @Schema(description = "What to do about it.") String remedy) {

    private static final String TYPE = "urn:estafet:problem:";

    /** Sorts of problems; stable for programs. */
    @RegisterForReflection
    @Schema(name = "ProblemKind", description = "A sort of problem.")
    public enum Kind {
        INVALID_REQUEST("The request is not valid"),
        UNAUTHENTICATED("No valid token was sent"),
        FORBIDDEN("This call is not allowed"),
        NOT_FOUND("There is no such resource"),
        NOT_ALLOWED("This method is not allowed here"),
        NOT_ACCEPTABLE("This cannot be had in the form asked for"),
        UNSUPPORTED_MEDIA_TYPE("This content type is not understood"),
        UNKNOWN_MEMBER("No such member"),
        UNKNOWN_OPERATION("No such operation"),
        OPERATION_IN_PROGRESS("Another operation is under way"),
        TOO_LATE("The operation can no longer be cancelled"),
        NOT_READY("The cluster is not ready for this"),
        DATA_UNUSABLE("The data directory cannot be used any more"),
        CANCELLED("The operation was cancelled"),
        INTERRUPTED("The service was restarted during the operation"),
        PEER_UNREACHABLE("Another node's service does not answer"),
        POSTGRES_UNAVAILABLE("PostgreSQL does not answer"),
        COMMAND_FAILED("A PostgreSQL tool failed"),
        TIMED_OUT("A time-out passed"),
        STORAGE_FAILED("A file could not be read or written"),
        NOT_PROVEN("The zero-loss proof failed"),
        INTERNAL("An unexpected failure");

        private final String title;

        Kind(String title) {
            this.title = title;
        }

        /** A name for programs, as {@code urn:estafet:problem:timed-out}. */
        public String type() {
            return TYPE + name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** The kind whose {@link #type()} this is; what another version invented counts as {@link #INTERNAL}. */
        public static Kind ofType(String type) {
            return Arrays.stream(values())
                    .filter(kind -> kind.type().equals(type))
                    .findFirst()
                    .orElse(INTERNAL);
        }

        /** The same short sentence for every problem of this kind. */
        public String title() {
            return title;
        }
    }

    /** This problem as an exception. */
    public ProblemException raised() {
        return new ProblemException(this, null);
    }

    /** This problem as an exception that keeps what led to it. */
    public ProblemException raisedBy(Throwable cause) {
        return new ProblemException(this, cause);
    }
}
