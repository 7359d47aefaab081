package dev.estafet.testing.simulation;

import dev.estafet.EstafetConfig;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.WithDefault;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A node's configuration: the defaults, with time-outs that end while somebody still looks. */
final class Configuration {

    private static final Map<String, Object> GIVEN = Map.ofEntries(
            Map.entry("cluster", "main"),
            Map.entry("stateDirectory", Machine.STATE),
            Map.entry("password", Optional.of("secret")),
            Map.entry("token", Optional.of("token")),
            Map.entry("TimeOuts.peer", Duration.ofMillis(800)),
            Map.entry("TimeOuts.rehearsal", Duration.ofMillis(5)),
            Map.entry("TimeOuts.call", Duration.ofMillis(1500)),
            Map.entry("TimeOuts.start", Duration.ofSeconds(3)),
            Map.entry("TimeOuts.stop", Duration.ofSeconds(3)),
            Map.entry("TimeOuts.archiver", Duration.ofSeconds(2)),
            Map.entry("TimeOuts.checkpoint", Duration.ofSeconds(2)),
            Map.entry("TimeOuts.prove", Duration.ofSeconds(2)),
            Map.entry("TimeOuts.promote", Duration.ofSeconds(3)),
            Map.entry("TimeOuts.stream", Duration.ofSeconds(4)),
            Map.entry("TimeOuts.forward", Duration.ofSeconds(8)),
            Map.entry("rejoin", EstafetConfig.Rejoin.STRAIGHT),
            Map.entry("Probe.timeOut", Duration.ofMillis(800)));

    private Configuration() {}

    static EstafetConfig of(Machine machine) {
        var values = new HashMap<String, Object>();
        values.put("node", machine.name);
        var members = new LinkedHashMap<String, EstafetConfig.Member>();
        machine.cluster.machines.forEach(it -> members.put(
                it.name,
                section(
                        EstafetConfig.Member.class,
                        Map.of("host", it.name, "port", 5432, "service", URI.create("http://" + it.name + ":8008")))));
        values.put("members", members);
        return section(EstafetConfig.class, values);
    }

    private static <T> T section(Class<T> type, Map<String, Object> own) {
        var values = new HashMap<String, Object>(own);
        for (var method : type.getMethods()) {
            if (method.isDefault()) {
                continue;
            }
            values.computeIfAbsent(method.getName(), name -> value(type, method));
        }
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> method.isDefault()
                        ? InvocationHandler.invokeDefault(proxy, method, arguments)
                        : values.get(method.getName())));
    }

    private static Object value(Class<?> section, Method method) {
        var name = method.getName();
        var given = GIVEN.getOrDefault(section.getSimpleName() + "." + name, GIVEN.get(name));
        if (given != null) {
            return given;
        }
        var type = method.getReturnType();
        if (type.isInterface() && type.getEnclosingClass() == EstafetConfig.class) {
            return section(type, Map.of());
        }
        var text = method.isAnnotationPresent(WithDefault.class)
                ? method.getAnnotation(WithDefault.class).value()
                : null;
        return switch (type.getSimpleName()) {
            case "Optional" -> Optional.empty();
            case "OptionalInt" -> OptionalInt.empty();
            case "Map" -> Map.of();
            case "List" -> java.util.List.of();
            case "String" -> text;
            case "Path" -> Path.of(text);
            case "int" -> Integer.valueOf(text);
            case "boolean" -> Boolean.valueOf(text);
            case "Duration" -> duration(text);
            case "MemorySize" -> new MemorySizeConverter().convert(text);
            default -> constant(type, text);
        };
    }

    private static Duration duration(String text) {
        return Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static Object constant(Class<?> type, String text) {
        if (!type.isEnum() || text == null) {
            throw new IllegalStateException("the simulation has no value of type " + type);
        }
        return Enum.valueOf((Class) type, text.toUpperCase(Locale.ROOT).replace('-', '_'));
    }
}
