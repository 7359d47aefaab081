package dev.estafet.pgbouncer;

import dev.estafet.EstafetConfig.Hosts;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A PgBouncer as a node sees it now. */
@RegisterForReflection
@Schema(name = "Pooler", description = "A PgBouncer in front of the cluster, as this node sees it.")
public record PoolerState(
        @Schema(description = "Its name in the configuration.", examples = "web")
        String name,

        @Schema(description = "Where its admin console is.", examples = "10.0.0.9:6432")
        String address,

        @Schema(description = "PgBouncer's version; absent where it does not answer.", examples = "1.18.0") @Nullable
        String version,

        @Schema(description = "Why it does not answer.") @Nullable
        String failure,

        @Schema(description = "Whether no switchover begins while it does not answer.")
        boolean required,

        @Schema(
                description = "Whether it names the primary's host itself (self), and is pointed at another one by a"
                        + " switchover, or what it names leads to the primary (follows).",
                examples = "self")
        String hosts,

        @Schema(description = "Those of its databases that a switchover pauses.")
        List<PooledDatabase> databases,

        @Schema(description = "Databases that it should have by the configuration, and has not.", examples = "[]")
        List<String> missing) {

    /** One of its databases. */
    @RegisterForReflection
    @Schema(description = "A database of a PgBouncer.")
    public record PooledDatabase(
            @Schema(description = "Its name in PgBouncer.", examples = "app")
            String name,

            @Schema(description = "The host that it leads to; absent for a Unix socket.", examples = "10.0.0.1")
            @Nullable
            String host,

            @Schema(description = "And the port.", examples = "5432")
            int port,

            @Schema(description = "How it is pooled.", examples = "transaction")
            String poolMode,

            @Schema(description = "Whether its clients are held back now.")
            boolean paused) {

        boolean leadsTo(String otherHost, int otherPort) {
            return otherHost.equals(host) && otherPort == port;
        }
    }

    public boolean answers() {
        return version != null;
    }

    /** Whether it has to be told of another primary. */
    public boolean namesPrimary() {
        return hosts.equals(word(Hosts.SELF));
    }

    static String word(Hosts hosts) {
        return hosts == Hosts.SELF ? "self" : "follows";
    }

    /** Names of those of its databases whose clients are held back. */
    public List<String> paused() {
        return databases.stream()
                .filter(PooledDatabase::paused)
                .map(PooledDatabase::name)
                .toList();
    }
}
