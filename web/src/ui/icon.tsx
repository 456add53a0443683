/** Drawn on a grid of 20, in the colour and size of the text around them. */
const SHAPES = {
  bell: 'M4.5 14.5h11l-1.4-2V8.6a4.1 4.1 0 0 0-8.2 0v3.9zM8.4 17a1.7 1.7 0 0 0 3.2 0M10 4.5V3',
  cross: 'M5 5l10 10M15 5L5 15',
  moon: 'M16 12.2A6.5 6.5 0 0 1 7.8 4a6.5 6.5 0 1 0 8.2 8.2z',
  sun: 'M10 6.6a3.4 3.4 0 1 0 0 6.8 3.4 3.4 0 0 0 0-6.8zM10 1.8v1.7M10 16.5v1.7M1.8 10h1.7M16.5 10h1.7M4.2 4.2l1.2 1.2M14.6 14.6l1.2 1.2M4.2 15.8l1.2-1.2M14.6 5.4l1.2-1.2',
  leave: 'M8 3.5H4.5v13H8M12.5 6.5L16 10l-3.5 3.5M15.5 10H8',
  file: 'M5 2.5h6.5L15.5 6.5v11H5zM11.5 2.5v4h4M7.8 10.5h5M7.8 13.5h5',
  back: 'M11.5 4.5L6 10l5.5 5.5',
} as const

export function Icon({ name }: { name: keyof typeof SHAPES }) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 20 20"
      className="size-5 shrink-0"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={SHAPES[name]} />
    </svg>
  )
}
