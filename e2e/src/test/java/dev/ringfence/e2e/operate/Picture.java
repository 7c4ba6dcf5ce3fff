package dev.ringfence.e2e.operate;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Panels as one SVG, drawn from what a Prometheus holds. */
final class Picture {
  private static final int WIDTH = 380;
  private static final int HEIGHT = 190;
  private static final int COLUMNS = 3;
  private static final List<String> COLOURS =
      List.of("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9");

  /** What a reader of the README wants to see first. */
  private static final Set<String> SHOWN =
      Set.of(
          "Requests a second",
          "Refused requests a second, by rule",
          "Time of a request",
          "Tokens a second",
          "Attested engines",
          "Engine: prefix cache hits");

  private Picture() {}

  static String of(Prometheus prometheus, List<Prometheus.Panel> panels, int seconds) {
    List<Prometheus.Panel> shown = panels.stream().filter(p -> SHOWN.contains(p.title())).toList();
    int rows = (shown.size() + COLUMNS - 1) / COLUMNS;
    StringBuilder svg =
        new StringBuilder(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#111217\"/>\n"
                .formatted(COLUMNS * WIDTH + 8, rows * HEIGHT + 8));
    for (int i = 0; i < shown.size(); i++) {
      panel(
          svg,
          prometheus,
          shown.get(i),
          8 + (i % COLUMNS) * WIDTH,
          8 + (i / COLUMNS) * HEIGHT,
          seconds);
    }
    return svg.append("</svg>\n").toString();
  }

  private record Series(String name, List<double[]> points) {}

  private static void panel(
      StringBuilder svg, Prometheus prometheus, Prometheus.Panel panel, int x, int y, int seconds) {
    List<Series> all = new ArrayList<>();
    double most = 0;
    for (String query : panel.queries()) {
      for (JsonNode series : prometheus.range(query, seconds, 1)) {
        List<double[]> points = new ArrayList<>();
        for (JsonNode value : series.path("values")) {
          double v = Double.parseDouble(value.get(1).asText().replace("NaN", "0"));
          points.add(new double[] {value.get(0).asDouble(), v});
          most = Math.max(most, v);
        }
        all.add(new Series(name(series.path("metric"), query), points));
      }
    }
    most = most == 0 ? 1 : most;
    svg.append(
        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"3\" fill=\"#181b1f\"/>\n"
            .formatted(x, y, WIDTH - 8, HEIGHT - 8));
    text(svg, x + 10, y + 18, 12, "#d8d9da", panel.title());
    text(svg, x + 10, y + 34, 9, "#8e8e8e", number(most) + " " + panel.unit().replace("short", ""));
    double end = System.currentTimeMillis() / 1000.0;
    for (int i = 0; i < all.size(); i++) {
      String colour = COLOURS.get(i % COLOURS.size());
      StringBuilder line = new StringBuilder();
      for (double[] p : all.get(i).points()) {
        line.append(
            String.format(
                Locale.ROOT,
                "%.1f,%.1f ",
                x + 10 + (WIDTH - 28) * (1 - (end - p[0]) / seconds),
                y + HEIGHT - 46 - (HEIGHT - 90) * p[1] / most));
      }
      svg.append(
          "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>\n"
              .formatted(line.toString().strip(), colour));
      if (i < 6) {
        text(
            svg,
            x + 10 + (i % 3) * 120,
            y + HEIGHT - 28 + (i / 3) * 12,
            9,
            colour,
            all.get(i).name());
      }
    }
  }

  private static String name(JsonNode labels, String query) {
    List<String> values = new ArrayList<>();
    labels
        .properties()
        .forEach(
            e -> {
              if (!Set.of("namespace", "workload", "__name__").contains(e.getKey())) {
                values.add(e.getValue().asText());
              }
            });
    if (query.contains("histogram_quantile(0.5")) {
      values.add("p50");
    } else if (query.contains("histogram_quantile(0.99")) {
      values.add("p99");
    }
    return String.join(" ", values);
  }

  private static String number(double value) {
    return value >= 10
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.3g", value);
  }

  private static void text(StringBuilder svg, int x, int y, int size, String colour, String text) {
    svg.append(
        "<text x=\"%d\" y=\"%d\" font-size=\"%d\" fill=\"%s\">%s</text>\n"
            .formatted(x, y, size, colour, text.replace("&", "&amp;").replace("<", "&lt;")));
  }
}
