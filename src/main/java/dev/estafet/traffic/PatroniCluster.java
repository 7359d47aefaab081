package dev.estafet.traffic;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Body of Patroni's {@code /cluster}. */
@RegisterForReflection
record PatroniCluster(List<Member> members, String scope) {

    /**
     * A member.
     *
     * @param lag bytes by which its replay is behind the primary, or {@code unknown}; absent of the primary
     */
    @RegisterForReflection
    record Member(
            String name,
            String role,
            String state,
            @JsonProperty("api_url") String apiUrl,
            String host,
            int port,
            @Nullable Integer timeline,
            @Nullable Map<String, Object> tags,
            @JsonProperty("pending_restart") @Nullable Boolean pendingRestart,
            @Nullable String lsn,
            @Nullable Object lag,
            @JsonProperty("receive_lsn") @Nullable String receiveLsn,
            @JsonProperty("receive_lag") @Nullable Object receiveLag,
            @JsonProperty("replay_lsn") @Nullable String replayLsn,
            @JsonProperty("replay_lag") @Nullable Object replayLag) {}
}
