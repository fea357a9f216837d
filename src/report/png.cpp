#include "report/png.hpp"

#include <fmt/format.h>
#include <librsvg/rsvg.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "sweetspot/error.hpp"

namespace sweetspot::report {

std::string png_of(const std::string& svg, double scale) {
  GError* error = nullptr;
  const std::unique_ptr<RsvgHandle, void (*)(gpointer)> handle(
      rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()), svg.size(), &error),
      g_object_unref);
  double width = 0;
  double height = 0;
  if (handle == nullptr ||
      rsvg_handle_get_intrinsic_size_in_pixels(handle.get(), &width, &height) == 0) {
    const std::string why = error != nullptr ? error->message : "no size";
    g_clear_error(&error);
    throw Error(ErrorKind::system, fmt::format("a figure could not be read as SVG: {}", why));
  }
  // Cairo has no larger images.
  constexpr double kMostPixels = 32000;
  scale = std::min(scale, kMostPixels / std::max({width, height, 1.0}));
  const std::unique_ptr<cairo_surface_t, void (*)(cairo_surface_t*)> surface(
      cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(std::lround(width * scale)),
                                 static_cast<int>(std::lround(height * scale))),
      cairo_surface_destroy);
  const std::unique_ptr<cairo_t, void (*)(cairo_t*)> context(cairo_create(surface.get()),
                                                             cairo_destroy);
  cairo_set_source_rgb(context.get(), 1, 1, 1);
  cairo_paint(context.get());
  const RsvgRectangle viewport = {0, 0, width * scale, height * scale};
  if (rsvg_handle_render_document(handle.get(), context.get(), &viewport, &error) == 0) {
    const std::string why = error->message;
    g_clear_error(&error);
    throw Error(ErrorKind::system, fmt::format("a figure could not be drawn: {}", why));
  }
  std::string png;
  const auto append = [](void* to, const unsigned char* bytes, unsigned size) {
    static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(bytes), size);
    return CAIRO_STATUS_SUCCESS;
  };
  if (cairo_surface_write_to_png_stream(surface.get(), append, &png) != CAIRO_STATUS_SUCCESS) {
    throw Error(ErrorKind::system, "a figure could not be written as PNG");
  }
  return png;
}

}  // namespace sweetspot::report
