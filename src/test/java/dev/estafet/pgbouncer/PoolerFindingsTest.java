package dev.estafet.pgbouncer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.estafet.EstafetConfig.Member;
import dev.estafet.cluster.Finding;
import dev.estafet.pgbouncer.PoolerState.PooledDatabase;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PoolerFindingsTest {

    private static final Member PRIMARY = new Member() {
        @Override
        public String host() {
            return "10.0.0.1";
        }

        @Override
        public int port() {
            return 5432;
        }

        @Override
        public URI service() {
            return URI.create("http://10.0.0.1:8008");
        }

        @Override
        public OptionalInt agentPort() {
            return OptionalInt.empty();
        }
    };

    @Test
    void findsNothingWhereAllIsWell() {
        assertThat(in(pooler("self", "10.0.0.1", false), null)).isEmpty();
        assertThat(in(pooler("follows", "10.0.0.9", false), null)).isEmpty();
    }

    @Test
    void findsAPoolerThatIsSilent() {
        var silent = new PoolerState("web", "10.0.0.9:6432", null, "refused", true, "self", List.of(), List.of());

        assertThat(in(silent, null)).extracting(Finding::name).containsExactly("pooler-silent");
    }

    @Test
    void findsWhoHasPausedAPooler() {
        assertThat(in(pooler("self", "10.0.0.1", true), "pg2-1-a").getFirst().detail())
                .contains("web", "app", "operation pg2-1-a");
        assertThat(in(pooler("self", "10.0.0.1", true), null).getFirst().detail())
                .contains("no operation is under way");
    }

    @Test
    void findsAPoolerThatLeadsElsewhereUnlessAnOperationIsAboutToChangeThat() {
        assertThat(in(pooler("self", "10.0.0.2", false), null))
                .extracting(Finding::name)
                .containsExactly("pooler-leads-elsewhere");
        assertThat(in(pooler("self", "10.0.0.2", false), "pg2-1-a")).isEmpty();
    }

    private static List<Finding> in(PoolerState pooler, @Nullable String operation) {
        return PoolerFindings.in(List.of(pooler), operation, Optional.of(PRIMARY));
    }

    private static PoolerState pooler(String hosts, String host, boolean paused) {
        return new PoolerState(
                "web",
                "10.0.0.9:6432",
                "1.18.0",
                null,
                true,
                hosts,
                List.of(new PooledDatabase("app", host, 5432, "transaction", paused)),
                List.of());
    }
}
