package dev.estafet.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.estafet.EstafetConfig;
import dev.estafet.JsonStyle;
import dev.estafet.node.Enlistment.Stage;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnlistmentsTest {

    @TempDir
    Path directory;

    @Test
    void doNotForgetADemotionThatNothingHasEnded() {
        var enlistments = enlistments();
        enlistments.enlist(Enlistment.in("one", "pg2"));
        enlistments.advance("one", Stage.DEMOTED);

        enlistments.release("one");
        assertThat(enlistments().isDemotedIn("one")).isTrue();

        enlistments.advance("one", Stage.RESUMED);
        enlistments.release("one");
        assertThat(enlistments().current()).isEmpty();
    }

    private Enlistments enlistments() {
        var json = new ObjectMapper().registerModule(new JavaTimeModule());
        new JsonStyle().customize(json);
        var config = (EstafetConfig) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {EstafetConfig.class},
                (proxy, method, arguments) -> directory);
        return new Enlistments(config, json);
    }
}
