package dev.estafet.testing.simulation;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.estafet.EstafetConfig;
import dev.estafet.EstafetConfig.Control;
import dev.estafet.node.Decisions;
import dev.estafet.operation.Operations;
import dev.estafet.postgres.Installation;
import dev.estafet.rejoin.RejoinProcedure;
import dev.estafet.switchover.SwitchoverProcedure;
import io.agroal.api.AgroalDataSource;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The container's part: makes each bean once by its constructor, delivers events, knows what is scheduled. */
final class Beans {

    private static final List<String> ROOTS = List.of(
            "dev.estafet.node.LocalNode",
            "dev.estafet.cluster.ClusterView",
            "dev.estafet.operation.Operations",
            "dev.estafet.operation.Reconciliation",
            "dev.estafet.operation.Settlement",
            "dev.estafet.switchover.Switchovers",
            "dev.estafet.rejoin.RejoinWatch");

    private static final Map<Class<?>, Shape> SHAPES = new ConcurrentHashMap<>();

    private final Service service;
    private final Map<Class<?>, Object> made = new LinkedHashMap<>();
    private final List<Observer> observers = new ArrayList<>();
    private final List<Loop> loops = new ArrayList<>();

    /** A method that is called each second. */
    record Loop(Object bean, Method method) {}

    private record Observer(Object bean, Method method, Class<?> event) {}

    /** What has to be known of a class, once. */
    private record Shape(
            Constructor<?> constructor, Parameter[] parameters, List<Method> observers, List<Method> scheduled) {

        static Shape of(Class<?> type) {
            var all = Arrays.asList(type.getDeclaredConstructors());
            var constructor = all.stream()
                    .filter(it -> all.size() == 1 || it.isAnnotationPresent(Inject.class))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("no constructor of " + type));
            constructor.setAccessible(true);
            var observing = new ArrayList<Method>();
            var scheduled = new ArrayList<Method>();
            var methods = type.getDeclaredMethods();
            Arrays.sort(methods, java.util.Comparator.comparing(Method::getName));
            for (var method : methods) {
                method.setAccessible(true);
                if (Service.isScheduled(method)) {
                    scheduled.add(method);
                }
                if (Arrays.stream(method.getParameters()).anyMatch(it -> it.isAnnotationPresent(Observes.class))) {
                    observing.add(method);
                }
            }
            return new Shape(constructor, constructor.getParameters(), observing, scheduled);
        }
    }

    Beans(Service service) {
        this.service = service;
        made.put(EstafetConfig.class, Configuration.of(service.machine));
        made.put(ObjectMapper.class, Json.MAPPER);
        made.put(AgroalDataSource.class, Sql.dataSource(service.machine));
        made.put(Installation.class, new Installation(Path.of("/bin"), Postgres.DATA, Postgres.DATA, Control.PG_CTL));
    }

    void makeAll() {
        for (var root : ROOTS) {
            try {
                get(Class.forName(root));
            } catch (ClassNotFoundException missing) {
                throw new IllegalStateException(missing);
            }
        }
    }

    List<Loop> scheduled() {
        return loops;
    }

    void fire(Object event) {
        for (var observer : observers) {
            if (observer.event().isInstance(event)) {
                Service.invoke(observer.method(), observer.bean(), event);
            }
        }
    }

    <T> T get(Class<T> type) {
        var known = made.get(type);
        if (known == null) {
            known = type == Decisions.class ? get(Operations.class) : make(type);
            made.put(type, known);
        }
        return type.cast(known);
    }

    private Object make(Class<?> type) {
        var shape = SHAPES.computeIfAbsent(type, Shape::of);
        var arguments = new Object[shape.parameters().length];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = argument(shape.parameters()[i]);
        }
        try {
            var bean = shape.constructor().newInstance(arguments);
            shape.observers().forEach(it -> observers.add(new Observer(bean, it, it.getParameterTypes()[0])));
            shape.scheduled().forEach(it -> loops.add(new Loop(bean, it)));
            return bean;
        } catch (InvocationTargetException failure) {
            if (failure.getCause() instanceof RuntimeException known) {
                throw known;
            }
            throw new IllegalStateException(failure);
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private Object argument(Parameter parameter) {
        var type = parameter.getType();
        if (type == Event.class) {
            return event();
        }
        if (type == Provider.class) {
            return (Provider<Decisions>) () -> get(Decisions.class);
        }
        if (type == List.class) {
            return List.of(get(SwitchoverProcedure.class), get(RejoinProcedure.class));
        }
        return get(type);
    }

    private Object event() {
        return Proxy.newProxyInstance(
                Event.class.getClassLoader(), new Class<?>[] {Event.class}, (proxy, method, args) -> {
                    fire(args[0]);
                    return null;
                });
    }
}
