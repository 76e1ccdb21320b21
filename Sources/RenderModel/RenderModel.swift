// RenderModel
