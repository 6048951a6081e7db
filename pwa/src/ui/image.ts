/** A drawing that the server sent, as the address of a picture: the page's policy lets no markup in. */
export const asImage = (svg: string): string => `data:image/svg+xml;base64,${btoa(String.fromCharCode(...new TextEncoder().encode(svg)))}`
