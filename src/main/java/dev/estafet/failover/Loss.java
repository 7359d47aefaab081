package dev.estafet.failover;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.estafet.node.LastPrimary;
import dev.estafet.node.WalEnd;
import dev.estafet.postgres.ByteSize;
import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.Locale;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** What the old primary had written and the new one does not have. */
@RegisterForReflection
@Schema(name = "FailoverLoss", description = "What the old primary had written and the candidate does not have.")
public record Loss(
        @Schema(description = "How it is known.") Basis basis,

        @Schema(description = "Bytes of WAL; absent where that is unknown.", examples = "8192") @Nullable
        Long bytes,

        @Schema(description = "Up to where the old primary had written, as far as is known.", examples = "0/5002000")
        @Nullable
        Lsn primaryEnd,

        @Schema(description = "Of a last known end: when it was seen.") @Nullable
        Instant seenAt,

        @Schema(description = "Up to where the candidate has received; in the end, where the new timeline begins.")
        Lsn candidateEnd) {

    /** How a loss is known. */
    @RegisterForReflection
    @Schema(
            name = "FailoverLossBasis",
            description = "How a loss is known. measured: the end of the old primary's WAL was read on its disk."
                    + " last-known: it is where the old primary was last seen; what it wrote after that, nobody can tell."
                    + " unknown: nobody has seen the old primary on the candidate's timeline.")
    public enum Basis {
        MEASURED("measured"),
        LAST_KNOWN("last-known"),
        UNKNOWN("unknown");

        private final String word;

        Basis(String word) {
            this.word = word;
        }

        @JsonValue
        @Override
        public String toString() {
            return word;
        }
    }

    /**
     * By what is known best. What lies on a timeline that the candidate has left behind says nothing.
     *
     * @param candidate the candidate's timeline
     * @param candidateEnd up to where it has received
     */
    static Loss of(Timeline candidate, Lsn candidateEnd, @Nullable WalEnd measured, @Nullable LastPrimary lastPrimary) {
        if (measured != null && !candidate.isAfter(measured.timeline())) {
            return known(Basis.MEASURED, measured.lsn(), null, candidateEnd);
        }
        if (lastPrimary != null && !candidate.isAfter(lastPrimary.timeline())) {
            return known(Basis.LAST_KNOWN, lastPrimary.lsn(), lastPrimary.seenAt(), candidateEnd);
        }
        return new Loss(Basis.UNKNOWN, null, null, null, candidateEnd);
    }

    private static Loss known(Basis basis, Lsn end, @Nullable Instant seenAt, Lsn candidateEnd) {
        var bytes = end.isAfter(candidateEnd) ? end.minus(candidateEnd) : 0;
        return new Loss(basis, bytes, end, seenAt, candidateEnd);
    }

    /** The same with where the candidate's part really ends, once the new timeline has begun. */
    Loss with(Lsn switchPoint) {
        return primaryEnd == null
                ? new Loss(basis, null, null, null, switchPoint)
                : known(basis, primaryEnd, seenAt, switchPoint);
    }

    /** Whether it is proven that nothing is lost. */
    boolean isNone() {
        return basis == Basis.MEASURED && bytes != null && bytes == 0;
    }

    boolean isAcceptedBy(FailoverRequest request) {
        var accepted = request.acceptLossBytes();
        return isNone()
                || request.acceptUnknownLoss()
                || (bytes != null && accepted != null && accepted.compareTo(bytes) >= 0);
    }

    String inWords() {
        return switch (basis) {
            case MEASURED ->
                isNone()
                        ? "Nothing is lost: the old primary's WAL ends at %s, the candidate has it up to %s (measured)."
                                .formatted(primaryEnd, candidateEnd)
                        : "%s are lost: the old primary's WAL ends at %s, the candidate has it up to %s (measured)."
                                .formatted(figure(), primaryEnd, candidateEnd);
            case LAST_KNOWN ->
                ("%s, and what was written after the last look, may be lost: the old primary was last seen at %s (%s), the"
                                + " candidate has its WAL up to %s (last known).")
                        .formatted(figure(), primaryEnd, seenAt, candidateEnd);
            case UNKNOWN ->
                "How much is lost is unknown: nobody has seen how far the old primary was; the candidate has its WAL up to %s."
                        .formatted(candidateEnd);
        };
    }

    private String figure() {
        var count = bytes == null ? 0 : bytes;
        return count < 1024 ? count + " bytes" : "%d bytes (%s)".formatted(count, ByteSize.format(count));
    }

    String remedy() {
        return String.format(
                Locale.ROOT,
                "If that is acceptable, say so in the request: %s. If it is not, bring the old primary back.",
                bytes == null
                        ? "\"acceptLoss\": \"unknown\""
                        : "\"acceptLoss\": \"%d\", or \"unknown\" for whatever it is".formatted(bytes));
    }
}
