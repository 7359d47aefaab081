package dev.estafet.rejoin;

import dev.estafet.postgres.Lsn;
import dev.estafet.postgres.Timeline;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** What a server had written, or received, that the primary does not have. */
@RegisterForReflection
@Schema(description = "The WAL that a server had and the primary has not: given up by the rejoin, and kept.")
public record ForkedBranch(
        @Schema(
                description = "PostgreSQL's identity of the cluster that it belongs to.",
                examples = "7711119761779272937")
        String systemIdentifier,

        @Schema(description = "The timeline on which it left the primary's history.")
        Timeline timeline,

        @Schema(description = "Where it left the primary's history.")
        Lsn from,

        @Schema(description = "Where it ends.") Lsn to,

        @Schema(description = "From where it left to where it ends.", examples = "8391064")
        long bytes,

        @Schema(
                description = "The directory in which it is kept, on the node that has rejoined.",
                examples = "/var/lib/estafet/forked/pg1-20261123T010203456-1a2b")
        String keptIn,

        @Schema(description = "The WAL segments that hold it.", examples = "[\"000000010000000000000003\"]")
        List<String> segments,

        @Schema(
                description = "How to look into it, on that node.",
                examples = "pg_waldump -p /var/lib/estafet/forked/pg1-20261123T010203456-1a2b -t 1 -s 0/3028F80")
        String look) {}
